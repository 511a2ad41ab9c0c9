import { parseArgs } from "node:util";
import type { Command } from "../command.ts";
import { Failure } from "../failure.ts";

/** `portolan keys`: the key pair of manifests. */
export const keysCommand: Command = {
  summary: "make the key that signs snapshots, and the one that edges check it with",
  usage: `portolan keys FOLDER [--id ID]
  [--id k1]                      name of the key; a second one may be valid beside it

Writes FOLDER/signing.jwk, for the control function alone, and FOLDER/public-keys.json, for edges. Overwrites nothing.`,
  async run(args, deps) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { id: { type: "string", default: "k1" } },
    });
    const [folder, ...more] = positionals;
    if (folder === undefined || more.length > 0)
      throw new Failure("Cannot make keys without one folder", "portolan keys keys");
    if (!/^[\w.-]{1,64}$/.test(values.id)) {
      throw new Failure(
        `Cannot call a key "${values.id}": it is not 1 to 64 of letters, digits, "_", "." and "-"`,
        "--id k1",
      );
    }
    for (const path of await deps.makeKeys(folder, values.id)) deps.out(`${path}\n`);
    return 0;
  },
};
