import { parseArgs } from "node:util";
import { callAdmin, DEFAULT_ADMIN } from "../admin-client.ts";
import { duration, required } from "../arguments.ts";
import type { Command } from "../command.ts";

/** `portolan drain`: no new requests for a cluster, without touching an object. */
export const drainCommand: Command = {
  summary: "send a cluster no new requests, until it is ended",
  usage: `portolan drain CLUSTER [--host HOST] [--deadline 10m] [--force] [--admin URL]
portolan drain CLUSTER [--host HOST] --end [--admin URL]

--host       for this host alone, as its rules spell it
--deadline   pinned clients stay this long; without it they move at once
--force      also where a host is left without a backend, which is refused otherwise
--end        its weight counts again`,
  async run(args, deps) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        host: { type: "string" },
        deadline: { type: "string" },
        force: { type: "boolean", default: false },
        end: { type: "boolean", default: false },
        admin: { type: "string", default: DEFAULT_ADMIN },
      },
    });
    const cluster = encodeURIComponent(required("a cluster", positionals[0], "portolan drain us-east1"));
    const query = new URLSearchParams();
    if (values.deadline !== undefined) query.set("deadlineMs", String(duration("--deadline", values.deadline)));
    if (values.host !== undefined) query.set("host", values.host.toLowerCase());
    if (values.force) query.set("force", "true");
    const path = `/${values.end ? "undrain" : "drain"}/${cluster}?${query.toString()}`;
    const { did } = await callAdmin<{ did: string }>(values.admin, path, "POST");
    deps.out(`${did}\n`);
    return 0;
  },
};
