import { parseArgs } from "node:util";
import { Failure } from "../failure.ts";
import type { Command } from "../command.ts";

/** `portolan up`: the whole main job on this machine, with pretend clusters. */
export const upCommand: Command = {
  summary: "three pretend clusters, control and four edges on this machine",
  usage: `portolan up [--port 7100] [--dns FILE]

Starts pretend clusters us-east1, europe-west1 and asia-east1, the control function, edges in New York (port+1),
Frankfurt (+2), Tokyo (+3) and one that locates its clients (+4), and the admin API (+80). Ctrl-C stops all.
With --dns, the zones of FILE follow the clusters: docs/dns-commands.md.
From another terminal: portolan status, portolan sim kill europe-west1.`,
  async run(args, deps) {
    const { values } = parseArgs({
      args: [...args],
      options: { port: { type: "string", default: "7100" }, dns: { type: "string" } },
    });
    const port = Number(values.port);
    if (!Number.isInteger(port) || port < 0 || port > 65_000) {
      throw new Failure(`Cannot read --port "${values.port}": it is not a port number`, "portolan up --port 7100");
    }
    // Listened for before the start, so that Ctrl-C in the middle of it stops the clusters' processes too.
    const stopped = deps.untilStopped();
    const up = await deps.startUp({ port, dns: values.dns ?? null }, deps);
    deps.out(`${up.banner.join("\n")}\n`);
    await stopped;
    deps.out("\nstopping\n");
    await up.close();
    return 0;
  },
};
