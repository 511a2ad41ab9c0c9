import { parseArgs } from "node:util";
import { nearestWord } from "../nearest-word.ts";
import { Failure } from "../failure.ts";
import type { Command } from "../command.ts";

/** `portolan schema`: what an editor needs to check and complete objects of ours. */
export const schemaCommand: Command = {
  summary: "print the JSON schema of one of our kinds, or all of them for a cluster",
  usage: `portolan schema KIND      Cluster, TrafficPolicy or HostClaim, as JSON schema 2020-12
portolan schema --crds    all three as CustomResourceDefinitions, for | kubectl apply -f -

For editors: save it, and begin the YAML with
# yaml-language-server: $schema=./TrafficPolicy.json`,
  run(args, deps) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { crds: { type: "boolean", default: false } },
    });
    if (values.crds) {
      deps.out(deps.kube.crds());
      return Promise.resolve(0);
    }
    const [kind] = positionals;
    const schema = kind === undefined ? null : deps.jsonSchema(kind);
    if (schema === null) {
      const near = nearestWord(kind ?? "", deps.schemaKinds) ?? deps.schemaKinds.at(-1);
      const what = kind === undefined ? "no kind is given" : `there is none for "${kind}"`;
      const message = `Cannot print a schema: ${what}, only for ${deps.schemaKinds.join(" and ")}`;
      return Promise.reject(new Failure(message, `portolan schema ${near}`));
    }
    deps.out(`${JSON.stringify(schema, null, 2)}\n`);
    return Promise.resolve(0);
  },
};
