/** The edge for Fastly Compute: one script, and the package that Fastly is given. */
import { join } from "node:path";
import { gzipSync } from "fflate";
import { build, type Plugin } from "esbuild";
import type { SnapshotBundle } from "../src/core/snapshot/bundle.ts";
import { tar } from "./tar.ts";

const ROOT = join(import.meta.dirname, "..");

/** Where the engine keeps what Fastly's modules export. */
const MODULES: Readonly<Record<string, string>> = {
  backend: "export const Backend = globalThis.Backend;",
  cache: "export const SimpleCache = globalThis.SimpleCache;",
  "cache-override": "export const CacheOverride = globalThis.CacheOverride;",
  "config-store": "export const ConfigStore = globalThis.ConfigStore;",
  env: "export const env = globalThis.fastly.env.get;",
  geolocation: "export const getGeolocationForIpAddress = globalThis.fastly.getGeolocationForIpAddress;",
  "kv-store": "export const KVStore = globalThis.KVStore;",
  "secret-store": "export const SecretStore = globalThis.SecretStore;",
};

/** The engine calls it for an error that nobody caught. */
const PRELUDE = `globalThis.__fastlyMapError = (error) => [error];
globalThis.__fastlyMapAndLogError = (error) => console.error(error);`;

export interface FastlyScript {
  readonly code: string;
  readonly sourceMap: string;
  /** Source files in it, relative to the project. */
  readonly inputs: readonly string[];
}

/** Bundles an entry with the snapshot that it starts from when no store answers. The same sources give the same bytes. */
export async function fastlyScript(
  bundled: SnapshotBundle | null,
  { entry = "workers/fastly.ts", plugins = [] }: { readonly entry?: string; readonly plugins?: readonly Plugin[] } = {},
): Promise<FastlyScript> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    outfile: "dist/fastly/fastly.js",
    bundle: true,
    minify: true,
    charset: "utf8",
    format: "iife",
    platform: "neutral",
    target: "es2024",
    banner: { js: PRELUDE },
    sourcemap: "external",
    metafile: true,
    write: false,
    logLevel: "silent",
    plugins: [fastlyModules(bundled), ...plugins],
  });
  const text = (suffix: string) => outputFiles.find(({ path }) => path.endsWith(suffix))?.text ?? "";
  const inputs = Object.keys(metafile.inputs).filter((path) => !path.includes(":"));
  return { code: text(".js"), sourceMap: text(".js.map"), inputs };
}

function fastlyModules(bundled: SnapshotBundle | null): Plugin {
  return {
    name: "fastly",
    setup(plugins) {
      plugins.onResolve({ filter: /^fastly:/ }, ({ path }) => ({
        path: path.slice("fastly:".length),
        namespace: "fastly",
      }));
      plugins.onLoad({ filter: /./, namespace: "fastly" }, ({ path }) => ({ contents: MODULES[path] ?? "" }));
      plugins.onResolve({ filter: /^bundled-snapshot$/ }, ({ path }) => ({ path, namespace: "bundled" }));
      plugins.onLoad({ filter: /./, namespace: "bundled" }, () => ({
        contents: JSON.stringify(bundled),
        loader: "json",
      }));
    },
  };
}

const MANIFEST = `manifest_version = 3
name = "portolan-edge"
description = "Portolan: chooses the cluster of each request"
language = "javascript"
`;

/** What is uploaded: a folder with the module and its manifest. */
export function fastlyPackage(module: Uint8Array): Uint8Array {
  const files = new Map([
    ["portolan-edge/fastly.toml", new TextEncoder().encode(MANIFEST)],
    ["portolan-edge/bin/main.wasm", module],
  ]);
  return gzipSync(tar(files), { level: 6, mtime: 0 });
}
