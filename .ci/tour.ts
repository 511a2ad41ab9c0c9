/** Runs the README's tour and compares what is printed with what the README says; `…` stands for anything. */
import { type ChildProcess, spawn } from "node:child_process";
import { matches, ROOT, type Step, stepsOf, trouble } from "./console.ts";

const START_TIMEOUT_MS = 60_000;

/** Starts a command that goes on running. */
function startInBackground(step: Step): ChildProcess {
  const stdio = ["ignore", "pipe", "inherit"] as const;
  return spawn("bash", ["-c", step.command], { cwd: ROOT, detached: true, stdio: [...stdio] });
}

/** Resolves when its output ends as expected. */
async function untilStarted(child: ChildProcess, step: Step): Promise<void> {
  let output = "";
  await new Promise<void>((resolve, reject) => {
    const giveUp = () => reject(new Error(`Cannot go on: ${step.command} printed\n${output}`));
    const timer = setTimeout(giveUp, START_TIMEOUT_MS);
    child.once("close", giveUp);
    child.stdout?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      // npm prints the script's name before its output.
      if (!matches(`…${step.expected ?? ""}`, output.trimEnd())) return;
      clearTimeout(timer);
      resolve();
    });
  });
}

let passed = 0;
let failed = 0;
let background: ChildProcess | null = null;
try {
  for (const step of stepsOf("README.md")) {
    if (step.command === "npm start") {
      background = startInBackground(step);
      await untilStarted(background, step);
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
  if (background?.pid !== undefined && background.exitCode === null) process.kill(-background.pid, "SIGINT");
}
console.log(`tour: ${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed < 20 ? 1 : 0;
