import { nearestWord } from "../nearest-word.ts";
import { Failure } from "../failure.ts";
import type { Command } from "../command.ts";

/** `portolan schema`: what an editor needs to check and complete objects of ours. */
export const schemaCommand: Command = {
  summary: "print the JSON schema of one of our kinds",
  usage: `portolan schema KIND      Cluster or TrafficPolicy, as JSON schema 2020-12

For editors: save it, and begin the YAML with
# yaml-language-server: $schema=./TrafficPolicy.json`,
  run(args, deps) {
    const [kind] = args;
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
