import { parseArgs } from "node:util";
import { outputIsJson, required } from "../arguments.ts";
import type { Command } from "../command.ts";
import { problemText } from "../problem-text.ts";

/** `portolan validate`: every problem at once; exit 1 on errors, 0 with warnings. */
export const validateCommand: Command = {
  summary: "check manifests: every problem with file, line and column",
  usage: `portolan validate -f FILE|DIR [--allow-private-origins] [-o text|json]

Exit code 1 when there are errors, 0 when there are only warnings. --allow-private-origins as for portolan edge.`,
  async run(args, deps) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        file: { type: "string", short: "f" },
        "allow-private-origins": { type: "boolean", default: false },
        output: { type: "string", short: "o", default: "text" },
      },
    });
    const asJson = outputIsJson(values.output);
    const path = required("-f", values.file, "portolan validate -f examples/three-clusters");
    const problems = await deps.validate(path, values["allow-private-origins"]);
    const errors = problems.filter((problem) => problem.severity === "error").length;
    if (asJson) deps.out(`${JSON.stringify(problems, null, 2)}\n`);
    else {
      for (const problem of problems) deps.out(`${problemText(problem)}\n`);
      deps.out(`${count(errors, "error")}, ${count(problems.length - errors, "warning")}\n`);
    }
    return errors > 0 ? 1 : 0;
  },
};

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? "" : "s"}`;
}
