/** Runs the README's tour and compares what is printed with what the README says; `…` stands for anything. */
import { type ChildProcess, spawn } from "node:child_process";
import { matches, ROOT, type Step, stepsOf, trouble } from "./console.ts";

const START_TIMEOUT_MS = 60_000;

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
      if (!matches(`…${step.expected ?? ""}`, output.trimEnd())) return;
      clearTimeout(timer);
      resolve();
    });
  });
  return child;
}

let passed = 0;
let failed = 0;
let background: ChildProcess | null = null;
try {
  for (const step of stepsOf("README.md")) {
    if (step.command === "npm start") {
      background = await startInBackground(step);
      passed += 1;
      continue;
    }
    const problem = await trouble(step);
    if (problem === null) passed += 1;
    else {
      failed += 1;
      console.log(problem);
    }
  }
} finally {
  // The whole group: npm, the launcher and what it started.
  if (background?.pid !== undefined) process.kill(-background.pid, "SIGINT");
}
console.log(`tour: ${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed < 20 ? 1 : 0;
