/** Runs the commands of the pages in docs/ and compares what they print with what the pages say. */
import { globSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ROOT, stepsOf, trouble } from "./console.ts";

/** These follow each other: the later ones use the edge that `edge.md` starts, as `failover.md` leaves it. */
const TOGETHER = ["up.md", "edge.md", "headers.md", "failover.md", "snapshot.md", "observability.md"];
/** The pages write down what they start. */
const PID_FILES = ["/tmp/portolan-*.pid", "/tmp/portolan-*/*.pid"];
const FEWEST_STEPS = 50;

const rest = readdirSync(join(ROOT, "docs"))
  .filter((name) => name.endsWith(".md") && !TOGETHER.includes(name))
  .sort();
// In halves of the alphabet: pages that build the Worker stay one after the other.
const half = rest.length / 2;
let passed = 0;
let failed = 0;
forgetStalePids();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => {
    endStarted();
    process.exit(1);
  });
}
try {
  await Promise.all([runPages(TOGETHER), runPages(rest.slice(0, half)), runPages(rest.slice(half))]);
} finally {
  endStarted();
}
console.log(`docs: ${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed < FEWEST_STEPS ? 1 : 0;

async function runPages(names: readonly string[]): Promise<void> {
  for (const name of names) {
    const startedMs = Date.now();
    for (const step of stepsOf(`docs/${name}`)) {
      const problem = await trouble(step);
      if (problem === null) passed += 1;
      else {
        failed += 1;
        console.log(`docs/${name}\n${problem}`);
      }
    }
    console.log(`docs/${name}: ${((Date.now() - startedMs) / 1000).toFixed(1)} s`);
  }
}

/** The pages use fixed ports and files, so two runs on one machine would end each other's processes. */
function forgetStalePids(): void {
  for (const path of globSync(PID_FILES)) {
    const pid = Number(readFileSync(path, "utf8"));
    if (signalled(pid, 0)) throw new Error(`Cannot run the docs: process ${pid} of ${path} still runs; end it first`);
    rmSync(path);
  }
}

function endStarted(): void {
  for (const path of globSync(PID_FILES)) {
    signalled(Number(readFileSync(path, "utf8")), "SIGTERM");
    rmSync(path);
  }
}

/** False when there is no such process, as when its page has ended it. */
function signalled(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
