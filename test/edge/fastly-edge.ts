/** The edge for Fastly as `npm run build` makes it, under Viceroy, for tests. */
import { fastlyScript } from "../../scripts/bundle-fastly.ts";
import { type FastlyCompiler, fastlyCompiler } from "../../scripts/fastly-compiler.ts";
import type { SnapshotBundle } from "../../src/core/snapshot/bundle.ts";
import type { EdgeStart, RunningEdge } from "../conformance/edge-world.ts";
import { startViceroy, type ViceroyOptions, viceroyPath } from "./viceroy.ts";

export interface FastlyEdges {
  /** An edge that reads this store; each request is a cold start, so tests share a Viceroy one after the other. */
  start(
    options: EdgeStart,
    more?: Partial<Pick<ViceroyOptions, "kv" | "geolocation" | "settings">>,
  ): Promise<RunningEdge>;
  close(): Promise<void>;
}

/** What is lacking to run the edge here; null for nothing. */
export async function lackingForFastly(): Promise<string | null> {
  const lacking: string[] = [];
  if ((await fastlyCompiler((line) => void lacking.push(line))) === null && lacking.length === 0)
    lacking.push("no compiler");
  if (viceroyPath() === null) lacking.push("no Viceroy: .ci/run builds it where there is cargo");
  return lacking.length === 0 ? null : `SKIPPED, Fastly: ${lacking.join("; ")}`;
}

export async function fastlyEdges(): Promise<FastlyEdges> {
  const compiler = await fastlyCompiler(console.warn);
  if (compiler === null) throw new Error("Cannot compile the edge for Fastly: there is no compiler");
  const modules = new Map<string, Promise<Uint8Array>>();
  const running = new Map<string, { readonly process: ReturnType<typeof startViceroy>; busy: boolean }>();
  const all: ReturnType<typeof startViceroy>[] = [];

  const moduleWith = (bundled: SnapshotBundle | null): Promise<Uint8Array> => {
    const key = JSON.stringify(bundled);
    const made = modules.get(key) ?? compiled(compiler, bundled);
    modules.set(key, made);
    return made;
  };

  return {
    async start({ storeUrl, publicKeys, audience, location, bundled, debugToken }, more = {}) {
      const { kv = new Map<string, string>(), geolocation = {} } = more;
      const settings = {
        SNAPSHOT_URL: storeUrl,
        PUBLIC_KEYS: JSON.stringify(publicKeys),
        AUDIENCE: audience,
        POLL_SECONDS: "0.05",
        ALLOW_PRIVATE_ORIGINS: "true",
        ...(location === null ? {} : { LOCATION: `${location.latitude},${location.longitude}` }),
        ...more.settings,
      };
      const options = { settings, secrets: { DEBUG_TOKEN: debugToken }, kv, geolocation };
      const key = JSON.stringify([options, [...kv], bundled]);
      const begin = () => {
        const process = moduleWith(bundled).then((module) => startViceroy({ module, ...options }));
        all.push(process);
        return process;
      };
      const shared = running.get(key) ?? { process: begin(), busy: false };
      running.set(key, shared);
      // The cache of a POP outlives an instance: who starts a second edge means one that knows nothing.
      if (shared.busy) return await begin();
      shared.busy = true;
      return {
        url: (await shared.process).url,
        close() {
          shared.busy = false;
          return Promise.resolve();
        },
      };
    },
    async close() {
      for (const process of all) await (await process).close();
    },
  };
}

async function compiled(compiler: FastlyCompiler, bundled: SnapshotBundle | null): Promise<Uint8Array> {
  return compiler.compile((await fastlyScript(bundled)).code);
}
