/** Runs the commands of the pages in docs/ and compares what they print with what the pages say. */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ROOT, stepsOf, trouble } from "./console.ts";

/** These follow each other: the later ones use the edge that `edge.md` starts, as `failover.md` leaves it. */
const TOGETHER = ["up.md", "edge.md", "headers.md", "failover.md", "snapshot.md", "observability.md"];
/** The pages write down what they start: `/tmp/portolan-edge.pid`. */
const PID_FOLDER = "/tmp";
const FEWEST_STEPS = 50;

const rest = readdirSync(join(ROOT, "docs"))
  .filter((name) => name.endsWith(".md") && !TOGETHER.includes(name))
  .sort();
// In halves of the alphabet: pages that build the Worker stay one after the other.
const half = rest.length / 2;
let passed = 0;
let failed = 0;
endProcesses((path) => rmSync(path));
try {
  await Promise.all([runPages(TOGETHER), runPages(rest.slice(0, half)), runPages(rest.slice(half))]);
} finally {
  endProcesses((path) => {
    try {
      process.kill(Number(readFileSync(path, "utf8")), "SIGTERM");
    } catch {
      // The page ended it.
    }
    rmSync(path);
  });
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

function endProcesses(each: (path: string) => void): void {
  for (const name of readdirSync(PID_FOLDER)) {
    if (/^portolan-[a-z]+\.pid$/.test(name)) each(join(PID_FOLDER, name));
  }
}
