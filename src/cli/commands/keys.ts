import { parseArgs } from "node:util";
import type { Command } from "../command.ts";
import { Failure } from "../failure.ts";

/** `portolan keys`: the key pair of manifests, and those of edges. */
export const keysCommand: Command = {
  summary: "make the key that signs snapshots, and the one that edges check it with",
  usage: `portolan keys FOLDER [--edge] [--id ID]
  [--id k1]                      name of the key; a second one may be valid beside it
  [--edge]                       a key that certificates are sealed to, instead: docs/tls.md; its name is "edge" unless said

Writes FOLDER/signing.jwk, for the control function alone, and FOLDER/public-keys.json, for edges. With --edge it writes
FOLDER/edge.jwk, for the edge alone, and FOLDER/edge-public.json, for control, and prints the public key. Overwrites nothing.`,
  async run(args, deps) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { id: { type: "string" }, edge: { type: "boolean", default: false } },
    });
    const [folder, ...more] = positionals;
    if (folder === undefined || more.length > 0)
      throw new Failure("Cannot make keys without one folder", "portolan keys keys");
    const id = values.id ?? (values.edge ? "edge" : "k1");
    if (!/^[\w.-]{1,64}$/.test(id)) {
      throw new Failure(`Cannot call a key "${id}": it is not 1 to 64 of letters, digits, "_", "." and "-"`, "--id k1");
    }
    if (values.edge) {
      const { paths, publicKey } = await deps.makeEdgeKey(folder, id);
      deps.out(`${paths.join("\n")}\n${publicKey}\n`);
      return 0;
    }
    for (const path of await deps.makeKeys(folder, id)) deps.out(`${path}\n`);
    return 0;
  },
};
