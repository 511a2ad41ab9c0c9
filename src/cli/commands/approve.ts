import { parseArgs } from "node:util";
import { callAdmin, DEFAULT_ADMIN } from "../admin-client.ts";
import { required } from "../arguments.ts";
import type { Command } from "../command.ts";

/** `portolan approve`: let a removal pass that control has withheld. */
export const approveCommand: Command = {
  summary: "let a withheld removal pass, by its hash",
  usage: `portolan approve HASH [--admin URL]

portolan status lists the hosts that would go and their hash. An approval is for exactly that list.`,
  async run(args, deps) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { admin: { type: "string", default: DEFAULT_ADMIN } },
    });
    const hash = required("the hash of what is withheld", positionals[0], "portolan status");
    const { did } = await callAdmin<{ did: string }>(values.admin, `/approve/${encodeURIComponent(hash)}`, "POST");
    deps.out(`${did}\n`);
    return 0;
  },
};
