/** Starts a module for Fastly Compute under the real Viceroy. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../build/free-port.ts";
import { accepts } from "./accepts.ts";
import { eventually } from "../scenarios/until.ts";

export interface ViceroyOptions {
  readonly module: Uint8Array;
  readonly settings: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
  /** What the KV Store holds when it starts. */
  readonly kv: ReadonlyMap<string, string>;
  /** What `fastly:geolocation` says, by address. */
  readonly geolocation?: Readonly<Record<string, Readonly<Record<string, string | number>>>>;
}

/** `.ci/run` builds it with cargo; null where it could not. */
export function viceroyPath(): string | null {
  const path = join(process.env["PORTOLAN_CACHE"] ?? join(homedir(), ".cache/portolan"), "viceroy/bin/viceroy");
  return existsSync(path) ? path : null;
}

/** What it calls itself. */
export function viceroyVersion(path: string): string {
  return String(execFileSync(path, ["--version"])).trim();
}

/** Resolves when it listens; rejects with what it said when it ended before. */
export async function startViceroy(
  options: ViceroyOptions,
): Promise<{ readonly url: string; close(): Promise<void>; output(): string }> {
  const binary = viceroyPath();
  if (binary === null) throw new Error("Cannot start Viceroy: it is not installed; see .ci/run");
  const folder = await mkdtemp(join(tmpdir(), "portolan-viceroy-"));
  await writeFile(join(folder, "edge.wasm"), options.module);
  await writeFile(join(folder, "fastly.toml"), manifest(options));
  const port = await freePort();
  const args = ["serve", "-C", "fastly.toml", "--addr", `127.0.0.1:${port}`, "edge.wasm"];
  const child = spawn(binary, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += String(chunk)));
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  // Not by a request: compiling the module is what takes so long.
  await eventually(
    async () => child.exitCode !== null || (await accepts(port)),
    (settled) => settled,
    120_000,
  );
  if (child.exitCode !== null) throw new Error(`viceroy ended with ${child.exitCode}: ${output}`);
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

function manifest({ settings, secrets, kv, geolocation = {} }: ViceroyOptions): string {
  const entries = (of: Iterable<readonly [string, string]>) =>
    [...of].map(([key, data]) => `{ key = ${JSON.stringify(key)}, data = ${JSON.stringify(data)} }`).join(", ");
  const contents = Object.entries(settings).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  const places = Object.entries(geolocation).flatMap(([address, fields]) => [
    `[local_server.geolocation.addresses.${JSON.stringify(address)}]`,
    ...Object.entries(fields).map(([name, value]) => `${name} = ${JSON.stringify(value)}`),
  ]);
  return [
    'manifest_version = 3\nname = "portolan"\nlanguage = "javascript"',
    `[local_server.kv_stores]\nsnapshots = [${entries(kv)}]`,
    `[local_server.secret_stores]\nsecrets = [${entries(Object.entries(secrets))}]`,
    `[local_server.config_stores.settings]\nformat = "inline-toml"`,
    `[local_server.config_stores.settings.contents]\n${contents.join("\n")}`,
    '[local_server.geolocation]\nformat = "inline-toml"\n[local_server.geolocation.addresses]',
    ...places,
  ].join("\n");
}
