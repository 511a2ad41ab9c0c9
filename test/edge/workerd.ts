/** Starts the modules of a bundle under the real workerd. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";

/** The runtime of one pinned date (with nodejs_compat off, so that no built-in of Node creeps in). */
const COMPATIBILITY_DATE = "2026-08-01";

export interface WorkerdOptions {
  /** The first one is the entry. */
  readonly modules: readonly { readonly name: string; readonly code: string }[];
  /** Text bindings, and JSON ones for values that are not text. */
  readonly bindings: Readonly<Record<string, unknown>>;
  /** Address of the server behind the KV namespace SNAPSHOTS. */
  readonly kv: string;
}

/** Resolves when it listens; `url` has the port that the system chose. */
export async function startWorkerd(
  options: WorkerdOptions,
): Promise<{ readonly url: string; close(): Promise<void>; output(): string }> {
  const folder = await mkdtemp(join(tmpdir(), "portolan-workerd-"));
  for (const { name, code } of options.modules) await writeFile(join(folder, name), code);
  await writeFile(join(folder, "config.capnp"), configText(options));
  // The package exports the path of its binary, without types.
  const { default: binary } = createRequire(import.meta.url)("workerd") as { default: string };
  const child = spawn(binary, ["serve", join(folder, "config.capnp"), "--control-fd=3"], {
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk: Buffer) => (output += String(chunk)));
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const port = await listening(child, () => output);
  return {
    url: `http://127.0.0.1:${port}`,
    output: () => output,
    async close() {
      child.kill("SIGKILL");
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function configText({ modules, bindings, kv }: WorkerdOptions): string {
  const files = modules.map(({ name }) => `(name = "${name}", esModule = embed "${name}")`);
  const own = Object.entries(bindings).map(([name, value]) => {
    const [kind, text] = typeof value === "string" ? ["text", value] : ["json", JSON.stringify(value)];
    return `(name = ${JSON.stringify(name)}, ${kind} = ${JSON.stringify(text)})`;
  });
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "edge", worker = (
      modules = [${files.join(", ")}],
      compatibilityDate = "${COMPATIBILITY_DATE}",
      compatibilityFlags = ["enable_request_signal"],
      bindings = [(name = "SNAPSHOTS", kvNamespace = "kv"), ${own.join(", ")}],
      globalOutbound = "network",
    )),
    (name = "kv", external = (address = "${new URL(kv).host}", http = ())),
    (name = "network", network = (allow = ["public", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (cfBlobHeader = "x-suite-cf"), service = "edge")],
);
`;
}

async function listening(child: ChildProcess, output: () => string): Promise<number> {
  const control = child.stdio[3] as Readable;
  return await new Promise((resolve, reject) => {
    let text = "";
    control.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      for (const line of text.split("\n").slice(0, -1)) {
        const event = JSON.parse(line) as { event?: string; port?: number };
        if (event.event === "listen" && event.port !== undefined) resolve(event.port);
      }
    });
    child.once("exit", (code) => reject(new Error(`workerd ended with ${code}: ${output()}`)));
  });
}
