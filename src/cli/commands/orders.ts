/** What operators order: each is one call of the admin API, which says what it did or why not. */
import { parseArgs } from "node:util";
import { callAdmin, DEFAULT_ADMIN } from "../admin-client.ts";
import { required } from "../arguments.ts";
import type { CliDeps } from "../deps.ts";
import type { Command } from "../command.ts";

const admin = { type: "string", default: DEFAULT_ADMIN } as const;

async function order(deps: CliDeps, url: string, path: string): Promise<number> {
  const { did } = await callAdmin<{ did: string }>(url, path, "POST");
  deps.out(`${did}\n`);
  return 0;
}

/** `portolan approve`: lets a withheld removal happen. */
export const approveCommand: Command = {
  summary: "let a withheld removal happen",
  usage: "portolan approve HASH [--admin URL]\n\nportolan status shows what is withheld and its hash.",
  async run(args, deps) {
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: { admin } });
    const hash = required("the hash", positionals[0], "portolan status");
    return await order(deps, values.admin, `/approve/${encodeURIComponent(hash)}`);
  },
};

/** `portolan rollback`: publishes an older generation's content again. */
export const rollbackCommand: Command = {
  summary: "publish the content of an older generation again",
  usage: `portolan rollback [GENERATION] [--admin URL]
portolan rollback --resume [--admin URL]

Without a generation, the one before. It is published under a new generation and stays until --resume; health goes on.`,
  async run(args, deps) {
    const options = { admin, resume: { type: "boolean", default: false } } as const;
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
    const generation = values.resume ? "resume" : (positionals[0] ?? "previous");
    return await order(deps, values.admin, `/rollback/${encodeURIComponent(generation)}`);
  },
};

/** `portolan drain`: no new requests for a cluster. */
export const drainCommand: Command = {
  summary: "send no new requests to a cluster, or end that",
  usage: `portolan drain CLUSTER [--host HOST] [--deadline TIME] [--force] [--admin URL]
portolan drain CLUSTER --end [--admin URL]

Refused where it would leave a host without a backend. --deadline 2026-12-24T18:00:00Z lets pinned clients stay until
then; without it no pin counts.`,
  async run(args, deps) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        admin,
        host: { type: "string" },
        deadline: { type: "string" },
        force: { type: "boolean", default: false },
        end: { type: "boolean", default: false },
      },
    });
    const cluster = encodeURIComponent(required("the cluster", positionals[0], "portolan drain europe-west1"));
    if (values.end) return await order(deps, values.admin, `/undrain/${cluster}`);
    const query = new URLSearchParams({ force: String(values.force) });
    if (values.host !== undefined) query.set("host", values.host);
    if (values.deadline !== undefined) query.set("deadline", values.deadline);
    return await order(deps, values.admin, `/drain/${cluster}?${query}`);
  },
};
