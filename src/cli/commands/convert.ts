import { parseArgs } from "node:util";
import type { Command } from "../command.ts";
import { problemText } from "../problem-text.ts";

/** `portolan convert`: old Ingresses as an API server takes them today. */
export const convertCommand: Command = {
  summary: "turn old Ingresses into networking.k8s.io/v1, for | kubectl apply -f -",
  usage: `portolan convert [-f FILE|DIR]... [--class NAME]

Reads files, or standard input without -f or with -f -, and prints YAML: Ingresses of extensions/v1beta1 and
networking.k8s.io/v1beta1 as networking.k8s.io/v1, everything else as it is. What changed is told on standard error.
An object with an error is left out and the exit code is 1.

--class NAME   also move every Ingress to that IngressClass, and remove kubernetes.io/ingress.class`,
  async run(args, deps) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { file: { type: "string", short: "f", multiple: true }, class: { type: "string" } },
    });
    const paths = [...(values.file ?? []), ...positionals];
    const { text, changed, problems } = await deps.kube.convert(
      paths.length === 0 ? ["-"] : paths,
      values.class ?? null,
    );
    deps.out(text);
    for (const { object, changes } of changed) deps.err(`${object}: ${changes.join("; ")}\n`);
    for (const problem of problems) deps.err(`${problemText(problem)}\n`);
    return problems.some(({ severity }) => severity === "error") ? 1 : 0;
  },
};
