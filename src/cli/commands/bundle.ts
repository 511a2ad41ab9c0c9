import { parseArgs } from "node:util";
import type { Command } from "../command.ts";
import { required } from "../arguments.ts";
import { Failure } from "../failure.ts";

const EXAMPLE = "portolan bundle https://store.example.org/ --public-keys keys/public-keys.json > snapshot.json";

/** `portolan bundle`: what an edge is shipped with. */
export const bundleCommand: Command = {
  summary: "the published snapshot in one piece, to be shipped with an edge",
  usage: `portolan bundle STORE_URL --public-keys FILE
  [--audience portolan]          fleet that the snapshot must be meant for

Prints JSON: what an edge serves when it starts while no store answers. Put it into BUNDLED_SNAPSHOT of a Worker, into a
file that PORTOLAN_BUNDLED_SNAPSHOT names, or into the package for Fastly: npm run build -- --snapshot FILE. A snapshot
that an edge would refuse is not bundled.`,
  async run(args, deps) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { "public-keys": { type: "string" }, audience: { type: "string", default: "portolan" } },
    });
    const [store, ...more] = positionals;
    if (store === undefined || more.length > 0 || !URL.canParse(store)) {
      throw new Failure("Cannot bundle a snapshot without one address of a store", EXAMPLE);
    }
    const publicKeys = required("--public-keys", values["public-keys"], EXAMPLE);
    deps.out(`${await deps.bundle({ store, publicKeys, audience: values.audience })}\n`);
    return 0;
  },
};
