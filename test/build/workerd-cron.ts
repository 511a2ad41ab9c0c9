/** A Worker with a cron trigger under the real workerd, and another Worker that sets the trigger off when it is asked. */
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";

export interface WorkerdCron {
  /** Where its `fetch` answers. */
  readonly url: string;
  /** Runs `scheduled` once; the word is workerd's: `ok`, or `exception`. */
  trigger(): Promise<string>;
  output(): string;
  close(): Promise<void>;
}

const TRIGGER = `export default {
  async fetch(_request, env) {
    const { outcome } = await env.CRON.scheduled({ cron: "* * * * *", scheduledTime: new Date() });
    return new Response(outcome);
  },
};
`;

export async function startWorkerdCron(
  code: string,
  bindings: Readonly<Record<string, unknown>>,
): Promise<WorkerdCron> {
  const folder = await mkdtemp(join(tmpdir(), "portolan-cron-"));
  const own = Object.entries(bindings).map(([name, value]) => {
    const [kind, text] = typeof value === "string" ? ["text", value] : ["json", JSON.stringify(value)];
    return `(name = ${JSON.stringify(name)}, ${kind} = ${JSON.stringify(text)})`;
  });
  const config = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "control", worker = (
      modules = [(name = "control.js", esModule = embed "control.js")],
      compatibilityDate = "2026-08-01",
      compatibilityFlags = ["nodejs_compat"],
      bindings = [${own.join(", ")}],
      globalOutbound = "network",
    )),
    (name = "trigger", worker = (
      modules = [(name = "trigger.js", esModule = embed "trigger.js")],
      compatibilityDate = "2026-08-01",
      compatibilityFlags = ["service_binding_extra_handlers"],
      bindings = [(name = "CRON", service = "control")],
    )),
    (name = "network", network = (allow = ["public", "private"])),
  ],
  sockets = [
    (name = "fetch", address = "127.0.0.1:0", http = (), service = "control"),
    (name = "cron", address = "127.0.0.1:0", http = (), service = "trigger"),
  ],
);
`;
  for (const [name, text] of [
    ["control.js", code],
    ["trigger.js", TRIGGER],
    ["config.capnp", config],
  ] as const) {
    await writeFile(join(folder, name), text);
  }
  const { default: binary } = createRequire(import.meta.url)("workerd") as { default: string };
  const args = ["serve", "--experimental", join(folder, "config.capnp"), "--control-fd=3"];
  const child = spawn(binary, args, { stdio: ["ignore", "pipe", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk: Buffer) => (output += String(chunk)));
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const ports = await new Promise<ReadonlyMap<string, number>>((resolve, reject) => {
    const found = new Map<string, number>();
    let text = "";
    (child.stdio[3] as Readable).on("data", (chunk: Buffer) => {
      text += chunk.toString();
      for (const line of text.split("\n").slice(0, -1)) {
        const event = JSON.parse(line) as { event?: string; socket?: string; port?: number };
        if (event.event === "listen") found.set(event.socket ?? "", event.port ?? 0);
      }
      if (found.size === 2) resolve(found);
    });
    child.once("exit", (code) => reject(new Error(`workerd ended with ${code}: ${output}`)));
  });
  return {
    url: `http://127.0.0.1:${ports.get("fetch")}`,
    trigger: async () => await (await fetch(`http://127.0.0.1:${ports.get("cron")}/`)).text(),
    output: () => output,
    async close() {
      child.kill("SIGKILL");
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
