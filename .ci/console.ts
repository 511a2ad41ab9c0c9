/** The commands of a Markdown page and what they should print; `…` stands for anything. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

export const ROOT: string = join(import.meta.dirname, "..");

const STEP_TIMEOUT_MS = 60_000;
/** How long a command that only looks is repeated until it sees what the page says: the machine may be busy. */
const SEEN_WITHIN_MS = 20_000;
const REPEAT_AFTER_MS = 300;
const LOOKS = /^(?:sleep [\d.]+; )?(?:cat|curl|grep|head|npx portolan (?:explain|status|validate)|tail)\b/;

export interface Step {
  readonly command: string;
  /** Null for a block of commands whose output the page does not show: it has to end well. */
  readonly expected: string | null;
}

/** Steps of the page's `console` and `sh` blocks, in order. */
export function stepsOf(page: string): readonly Step[] {
  const text = readFileSync(join(ROOT, page), "utf8");
  const steps: Step[] = [];
  for (const [, language, block = ""] of text.matchAll(/^```(console|sh)\n([\s\S]*?)^```$/gm)) {
    if (language === "sh") steps.push({ command: block, expected: null });
    else steps.push(...consoleSteps(block));
  }
  return steps;
}

function consoleSteps(block: string): readonly Step[] {
  return block
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [command = ""] = /^(?:.*\\\n)*.*\n/.exec(part) ?? [];
      return { command: command.trimEnd(), expected: part.slice(command.length).trimEnd() };
    });
}

/** Whether an output is what the page says. */
export function matches(expected: string, actual: string): boolean {
  const pattern = expected
    .split("…")
    .map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join("[\\s\\S]*?");
  return new RegExp(`^${pattern}$`).test(actual);
}

/** Runs a step; null when all is as the page says, otherwise what to tell people. */
export async function trouble(step: Step): Promise<string | null> {
  const until = Date.now() + (LOOKS.test(step.command) ? SEEN_WITHIN_MS : 0);
  for (;;) {
    const { code, output } = await run(step.command);
    const { expected } = step;
    if (expected === null ? code === 0 : matches(expected, output)) return null;
    if (Date.now() >= until) {
      const wanted = expected === null ? "to end well" : `\n${expected}`;
      return `$ ${step.command}\nexpected: ${wanted}\nprinted (exit code ${code}):\n${output}\n`;
    }
    await pause(REPEAT_AFTER_MS);
  }
}

/** Exit code and what went to either output, in the order in which it was written. */
async function run(command: string): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn("bash", ["-c", `exec 2>&1\n${command}`], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "ignore"],
    timeout: STEP_TIMEOUT_MS,
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, output: output.replaceAll("\r", "").trimEnd() };
}
