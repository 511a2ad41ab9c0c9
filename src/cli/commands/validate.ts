import { parseArgs } from "node:util";
import { required } from "../arguments.ts";
import type { Command } from "../command.ts";
import { problemText } from "../problem-text.ts";

/** `portolan validate`: every problem at once; exit 1 on errors, 0 with warnings. */
export const validateCommand: Command = {
  summary: "check manifests: every problem with file, line and column",
  usage: "portolan validate -f FILE|DIR [-o text|json]",
  async run(args, deps) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        file: { type: "string", short: "f" },
        output: { type: "string", short: "o", default: "text" },
      },
    });
    const path = required("-f", values.file, "portolan validate -f examples/three-clusters");
    const problems = await deps.validate(path);
    const errors = problems.filter((problem) => problem.severity === "error").length;
    if (values.output === "json") deps.out(`${JSON.stringify(problems, null, 2)}\n`);
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
