/** Starts an edge of `workers/` as a process of its runtime, set up by its environment alone. */
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EdgeStart, RunningEdge } from "../conformance/edge-world.ts";

const ROOT = join(import.meta.dirname, "../..");

export interface SocketRuntime {
  readonly binary: string;
  readonly args: readonly string[];
}

/** Resolves when it listens; rejects with what it said when it ended before. */
export async function startSocketProcess(runtime: SocketRuntime, options: EdgeStart): Promise<RunningEdge> {
  const folder = await mkdtemp(join(tmpdir(), "portolan-edge-"));
  const bundle = join(folder, "bundle.json");
  if (options.bundled !== null) await writeFile(bundle, JSON.stringify(options.bundled));
  const { location } = options;
  const child = spawn(runtime.binary, runtime.args, {
    cwd: ROOT,
    stdio: ["ignore", "ignore", "pipe"],
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      PORTOLAN_STORE_URL: options.storeUrl,
      PORTOLAN_PUBLIC_KEYS: JSON.stringify(options.publicKeys),
      PORTOLAN_AUDIENCE: options.audience,
      PORTOLAN_LISTEN: "127.0.0.1:0",
      PORTOLAN_DEBUG_TOKEN: options.debugToken,
      PORTOLAN_POLL_SECONDS: "0.05",
      PORTOLAN_ALLOW_PRIVATE_ORIGINS: "true",
      ...(location === null ? {} : { PORTOLAN_LOCATION: `${location.latitude},${location.longitude}` }),
      ...(options.bundled === null ? {} : { PORTOLAN_BUNDLED_SNAPSHOT: bundle }),
    },
  });
  let said = "";
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr.on("data", (chunk: Buffer) => {
      said += String(chunk);
      const [, found] = /^edge +(\S+)\n/m.exec(said) ?? [];
      if (found !== undefined) resolve(found);
    });
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${runtime.binary} ended with ${code}: ${said}`)));
  });
  return {
    url,
    async close() {
      child.kill("SIGKILL");
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
