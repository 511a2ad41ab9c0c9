/** A Lambda@Edge function in a process of its own, with nothing in its environment but what Lambda sets itself. */
import { fork } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface LambdaFunction {
  /** Rejects where the function does. Events and results travel as JSON. */
  invoke(event: object): Promise<unknown>;
  close(): Promise<void>;
}

export interface LambdaOptions {
  /** The first one has the handler. */
  readonly modules: readonly { readonly name: string; readonly code: string }[];
  /** Content of `settings.mjs` in the zip; null for a zip without it. */
  readonly settings: object | null;
  readonly region: string;
}

/** Unpacks a function and loads it. */
export async function startLambda({ modules, settings, region }: LambdaOptions): Promise<LambdaFunction> {
  const folder = await mkdtemp(join(tmpdir(), "portolan-lambda-"));
  await writeFile(join(folder, "package.json"), '{"type":"module"}');
  if (settings !== null) await writeFile(join(folder, "settings.mjs"), `export default ${JSON.stringify(settings)};`);
  for (const { name, code } of modules) await writeFile(join(folder, name), code);
  const main = join(folder, modules[0]?.name ?? "");
  const child = fork(join(import.meta.dirname, "lambda-runtime.ts"), [main], {
    env: { AWS_REGION: region },
    serialization: "json",
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the function ended with ${code}`)));
    child.on("message", (message: "ready" | { id: number; result?: unknown; error?: string }) => {
      if (message === "ready") return resolve();
      const asked = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.error === undefined) asked?.resolve(message.result);
      else asked?.reject(new Error(message.error));
    });
  });
  let last = 0;
  return {
    invoke: (event) =>
      new Promise((resolve, reject) => {
        last += 1;
        waiting.set(last, { resolve, reject });
        child.send({ id: last, event });
      }),
    async close() {
      child.kill("SIGKILL");
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
