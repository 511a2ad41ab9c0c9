import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const PORTOLAN = join(ROOT, "bin/portolan.mjs");
const EDGE = ["edge", "--from", "examples/three-clusters", "--listen", "127.0.0.1:0"];
/** Makes this Node look too old to the launcher, so that it starts the bundled one. */
const OLD_NODE =
  'data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"20.0.0"}})';

const started: ChildProcess[] = [];
afterEach(() => {
  // Each is the head of a process group of its own, so nothing that outlived its test outlives this.
  for (const child of started.splice(0)) {
    try {
      process.kill(-(child.pid ?? 0), "SIGKILL");
    } catch {
      // All of the group has ended, as it should.
    }
  }
});

interface Chain {
  readonly pid: number;
  /** Resolves when no process of the chain holds the output any more, that is, when all have ended. */
  readonly ended: Promise<void>;
}

/** Starts a command and waits for the line that says that it serves. */
async function start(command: string, args: readonly string[], ready: string): Promise<Chain> {
  const child = spawn(command, args, { cwd: ROOT, detached: true, stdio: ["ignore", "pipe", "inherit"] });
  started.push(child);
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  let out = "";
  await new Promise<void>((resolve, reject) => {
    child.once("close", () => reject(new Error(`${command} ended before it said "${ready}": ${out}`)));
    child.stdout?.on("data", (chunk: Buffer) => {
      out += chunk.toString();
      if (out.includes(ready)) resolve();
    });
  });
  return { pid: child.pid ?? 0, ended };
}

/** Children of a process, as Linux tells them. */
function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
}

describe("a chain of processes ends as a whole", { timeout: 60_000 }, () => {
  it.each(["SIGTERM", "SIGKILL"] as const)("when npx gets %s", async (signal) => {
    const { pid, ended } = await start("npx", ["portolan", ...EDGE], "edge ");
    process.kill(pid, signal);
    await expect(ended).resolves.toBeUndefined();
  });

  it("when npm start gets SIGTERM, pretend clusters included", async () => {
    const { pid, ended } = await start("npm", ["start", "--", "--port", "0"], "Ctrl-C stops all");
    process.kill(pid, "SIGTERM");
    await expect(ended).resolves.toBeUndefined();
  });

  it.runIf(process.platform === "linux")("when the shell between npx and the command gets SIGTERM", async () => {
    const { pid, ended } = await start("npx", ["portolan", ...EDGE], "edge ");
    const [shell = 0] = childrenOf(pid);
    process.kill(shell, "SIGTERM");
    await expect(ended).resolves.toBeUndefined();
  });

  it.each(["SIGTERM", "SIGKILL"] as const)("when the launcher of the bundled Node gets %s", async (signal) => {
    const { pid, ended } = await start(process.execPath, ["--import", OLD_NODE, PORTOLAN, ...EDGE], "edge ");
    process.kill(pid, signal);
    await expect(ended).resolves.toBeUndefined();
  });
});

describe("a command that nobody waits for", () => {
  it("goes on when the shell that started it has ended, also below npm", async () => {
    const script = `${process.execPath} ${PORTOLAN} ${EDGE.join(" ")} & echo "pid $!"; exec 1>&-`;
    const child = spawn("sh", ["-c", script], {
      cwd: ROOT,
      detached: true,
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, npm_command: "run-script" },
    });
    started.push(child);
    let out = "";
    child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
    await new Promise<void>((resolve) => child.once("exit", () => resolve()));
    await expect.poll(() => out, { timeout: 20_000 }).toMatch(/edge +http:\S+\n/);
    const url = /http:\S+/.exec(out)?.[0] ?? "";
    // Longer than it takes to notice a parent that is gone.
    const answers: number[] = [];
    for (let index = 0; index < 10; index += 1) {
      answers.push((await fetch(url)).status);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(answers).toEqual(Array.from({ length: 10 }, () => 404));
    process.kill(Number(/pid (\d+)/.exec(out)?.[1]), "SIGTERM");
  });
});
