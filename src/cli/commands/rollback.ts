import { parseArgs } from "node:util";
import { callAdmin, DEFAULT_ADMIN } from "../admin-client.ts";
import type { Command } from "../command.ts";

/** `portolan rollback`: serve an earlier generation until the rollback is ended. */
export const rollbackCommand: Command = {
  summary: "serve an earlier generation, until it is ended",
  usage: `portolan rollback [GENERATION | previous | end] [--admin URL]

Publishes what an earlier generation held, under a new generation, and holds everything that the objects say by now
until portolan rollback end. Health is never rolled back. Without an argument: previous.`,
  async run(args, deps) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { admin: { type: "string", default: DEFAULT_ADMIN } },
    });
    const to = positionals[0] ?? "previous";
    const { did } = await callAdmin<{ did: string }>(values.admin, `/rollback/${encodeURIComponent(to)}`, "POST");
    deps.out(`${did}\n`);
    return 0;
  },
};
