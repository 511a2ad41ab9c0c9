/** Runs the README's tour and compares what is printed with what the README says; `…` stands for anything. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..");
const START_TIMEOUT_MS = 20_000;

interface Step {
  readonly command: string;
  readonly expected: string;
}

function steps(readme: string): readonly Step[] {
  const found: Step[] = [];
  for (const [, block = ""] of readme.matchAll(/^```console\n([\s\S]*?)^```$/gm)) {
    for (const part of block.split(/^\$ /m).slice(1)) {
      const end = part.indexOf("\n");
      found.push({ command: part.slice(0, end), expected: part.slice(end + 1).trimEnd() });
    }
  }
  return found;
}

function matches(expected: string, actual: string): boolean {
  const pattern = expected
    .split("…")
    .map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join("[\\s\\S]*?");
  return new RegExp(`^${pattern}$`).test(actual);
}

/** Starts a command that goes on running; resolves when its output ends as expected. */
async function startInBackground(step: Step): Promise<ChildProcess> {
  const child = spawn("bash", ["-c", step.command], {
    cwd: ROOT,
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`Cannot go on: ${step.command} printed\n${output}`)),
      START_TIMEOUT_MS,
    );
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      // npm prints the script's name before its output.
      if (!matches(`…${step.expected}`, output.trimEnd())) return;
      clearTimeout(timer);
      resolve();
    });
  });
  return child;
}

const all = steps(readFileSync(join(ROOT, "README.md"), "utf8"));
let passed = 0;
let failed = 0;
let background: ChildProcess | null = null;
try {
  for (const step of all) {
    if (step.command === "npm start") {
      background = await startInBackground(step);
      passed += 1;
      continue;
    }
    const { stdout } = spawnSync("bash", ["-c", step.command], { cwd: ROOT, encoding: "utf8" });
    if (matches(step.expected, stdout.trimEnd())) passed += 1;
    else {
      failed += 1;
      console.log(`$ ${step.command}\nexpected:\n${step.expected}\nprinted:\n${stdout.trimEnd()}\n`);
    }
  }
} finally {
  // The whole group: npm, the launcher and what it started.
  if (background?.pid !== undefined) process.kill(-background.pid, "SIGINT");
}
console.log(`tour: ${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed < 20 ? 1 : 0;
