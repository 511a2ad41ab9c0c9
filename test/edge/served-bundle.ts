/** Serves a module that exports `{ fetch }` with a runtime's own command, set up by its environment alone. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { freePort } from "../build/free-port.ts";
import type { EdgeStart, RunningEdge } from "../conformance/edge-world.ts";
import { eventually } from "../scenarios/until.ts";
import { accepts } from "./accepts.ts";

const BIN = join(import.meta.dirname, "../../node_modules/.bin");

/** Resolves when it listens; rejects with what it said when it ended before. */
export async function startServedBundle(
  runtime: "Deno" | "Bun",
  file: string,
  { storeUrl, publicKeys, audience, location, bundled, debugToken }: EdgeStart,
): Promise<RunningEdge> {
  // `bun FILE` takes its port from the environment and cannot say which one the system chose.
  const port = await freePort();
  const [binary, args] =
    runtime === "Deno"
      ? [
          "deno",
          ["serve", "--quiet", "--host", "127.0.0.1", "--port", String(port), "--allow-net", "--allow-env", file],
        ]
      : ["bun", ["run", file]];
  const child = spawn(join(BIN, binary), args, {
    stdio: ["ignore", "ignore", "pipe"],
    env: {
      PATH: process.env.PATH,
      BUN_PORT: String(port),
      SNAPSHOT_URL: storeUrl,
      PUBLIC_KEYS: JSON.stringify(publicKeys),
      AUDIENCE: audience,
      DEBUG_TOKEN: debugToken,
      POLL_SECONDS: "0.05",
      ALLOW_PRIVATE_ORIGINS: "true",
      ...(location === null ? {} : { LOCATION: `${location.latitude},${location.longitude}` }),
      ...(bundled === null ? {} : { BUNDLED_SNAPSHOT: JSON.stringify(bundled) }),
    },
  });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += String(chunk)));
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  // Not by a request: the first one is the cold start that the suite looks at.
  await eventually(
    async () => child.exitCode !== null || (await accepts(port)),
    (settled) => settled,
  );
  if (child.exitCode !== null) throw new Error(`${binary} ended with ${child.exitCode}: ${said}`);
  return {
    url,
    async close() {
      child.kill("SIGKILL");
      await gone;
    },
  };
}
