import * as fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { mirror } from "../../src/control/mirror.ts";
import { retention } from "../../src/control/retention.ts";
import type { Backend, HostRoutes, Snapshot } from "../../src/core/model.ts";
import { listCounts, packCounts } from "../../src/core/snapshot/backend-counts.ts";
import { boundedOverlay } from "../../src/core/snapshot/brief-overlay.ts";
import { bundleReader, collectBundle } from "../../src/core/snapshot/bundle.ts";
import { type LoadedSnapshot, loadSnapshot, type SnapshotSource } from "../../src/core/snapshot/load.ts";
import { PIECES } from "../../src/core/snapshot/manifest.ts";
import { parseOverlay } from "../../src/core/snapshot/overlay.ts";
import { cutBase, cutHost, joinBase, joinHost, PIECE_CHARACTERS } from "../../src/core/snapshot/pieces.ts";
import { generationKey, publishSnapshot } from "../../src/core/snapshot/publish.ts";
import { LIMITS } from "../../src/core/snapshot/shapes.ts";
import { hashesOf } from "../../src/core/snapshot/slice-lists.ts";
import { memoryStore } from "../../src/store/memory.ts";
import { sha256Hex } from "../../src/store/signature.ts";
import type { Store } from "../../src/store/store.ts";
import { textStore } from "../../src/store/text.ts";
import { randomWorld } from "../edge/decisions/random-world.ts";
import { hostRoutes, modelCluster, originOf, snapshotOf } from "../build/steering.ts";

const CLUSTERS = Array.from({ length: 300 }, (_, index) => modelCluster(`cluster-${index}`));
const PODS = Array.from({ length: 1000 }, (_, index) => originOf(`pod-${index}`));
const [ROUTE] = hostRoutes([], {}).routes;

/** A host with 1,500 rules, 300 clusters, and 1,000 origins in one of them. */
function vastHost(): HostRoutes {
  const host = hostRoutes(CLUSTERS, {});
  if (ROUTE === undefined) throw new Error("no route");
  const routes = Array.from({ length: 1500 }, (_, at) => ({ ...ROUTE, path: { ...ROUTE.path, value: `/${at}` } }));
  const services = host.services.map((one) => ({
    ...one,
    backends: one.backends.map((backend, at): Backend => ({ ...backend, origins: PODS.slice(0, at === 7 ? 1000 : 4) })),
  }));
  return { ...host, routes, services };
}

/** Hosts that hold as good as nothing. */
function manyHosts(count: number): Snapshot {
  const one = snapshotOf(CLUSTERS.slice(0, 2));
  const hosts = Array.from({ length: count }, (_, at) => ({
    ...hostRoutes([], {}),
    host: `shop-${String(at).padStart(5, "0")}.example.org`,
  }));
  return { ...one, hosts };
}

interface Place {
  readonly store: Store;
  readonly source: SnapshotSource;
  /** Keys that were written since it was looked at last. */
  written(): readonly string[];
  /** Keys that were read since it was looked at last. */
  read(): readonly string[];
  publish(snapshot: Snapshot, generation: number, previous?: LoadedSnapshot): Promise<void>;
}

function place(): Place {
  const store = memoryStore();
  const text = textStore(store);
  const [puts, gets]: [string[], string[]] = [[], []];
  return {
    store,
    source: { get: (key) => (gets.push(key), text.get(key)), digest: sha256Hex, verify: null, audience: "test" },
    written: () => puts.splice(0),
    read: () => gets.splice(0),
    async publish(snapshot, generation, previous) {
      const put: typeof text.put = (key, value, condition) => (puts.push(key), text.put(key, value, condition));
      const replaces = (await text.getVersioned("manifest"))?.version ?? null;
      const knownSlices = new Set(previous === undefined ? [] : hashesOf(previous.manifest));
      const options = { epoch: 1, generation, audience: "test", publishedAtMs: 0, replaces, knownSlices };
      await publishSnapshot({ put, digest: sha256Hex, sign: null }, snapshot, options);
    },
  };
}

async function load(source: SnapshotSource, previous: LoadedSnapshot | null = null): Promise<LoadedSnapshot> {
  const result = await loadSnapshot(source, previous);
  if (result.result !== "loaded") throw new Error(JSON.stringify(result).slice(0, 500));
  return result.loaded;
}

/** The longest text that was parsed meanwhile. */
async function longestParsed(work: () => Promise<unknown>): Promise<number> {
  const parsing = vi.spyOn(JSON, "parse");
  try {
    await work();
    return Math.max(...parsing.mock.calls.map(([text]) => text.length));
  } finally {
    parsing.mockRestore();
  }
}

describe("loadSnapshot() of what is published in pieces", () => {
  it("asks for no more texts at once than its platform has connections for", async () => {
    const { source, publish } = place();
    await publish(manyHosts(50), 1);
    const most = async (atOnce?: number): Promise<number> => {
      let [open, highest] = [0, 0];
      const get = async (key: string) => {
        open += 1;
        highest = Math.max(highest, open);
        await new Promise((resolve) => setImmediate(resolve));
        open -= 1;
        return await source.get(key);
      };
      await load({ ...source, get, ...(atOnce === undefined ? {} : { atOnce }) });
      return highest;
    };
    expect(await most(4)).toBe(4);
    expect(await most()).toBe(16);
  });

  it("gives back a host of megabytes, and parses no piece above the limit", async () => {
    const { source, publish, store } = place();
    const reservations = Array.from({ length: 20_000 }, (_, at) => ({
      host: `gone-${at}`,
      owner: "a",
      releasedAtMs: at,
    }));
    const snapshot: Snapshot = { clusters: CLUSTERS, hosts: [vastHost()], reservations, locationOverrides: [] };
    await publish(snapshot, 1);
    let loaded: LoadedSnapshot | null = null;
    const longest = await longestParsed(async () => (loaded = await load(source)));
    expect(longest).toBeGreaterThan(PIECE_CHARACTERS / 2);
    expect(longest).toBeLessThanOrEqual(PIECE_CHARACTERS);
    expect(loaded).toMatchObject({ snapshot });
    const keys = await store.list("slices/");
    const sizes = await Promise.all(keys.map(async (key) => (await store.get(key))?.value.length ?? 0));
    expect(sizes.reduce((a, b) => a + b)).toBeGreaterThan(1_500_000);
  });

  it("gives others their turn between two pieces", async () => {
    const { source, publish } = place();
    await publish({ ...snapshotOf(CLUSTERS.slice(0, 2)), hosts: [vastHost()] }, 1);
    let characters = 0;
    let most = 0;
    const parsing = vi.spyOn(JSON, "parse").mockImplementation((text: string): unknown => {
      characters += text.length;
      most = Math.max(most, characters);
      return PARSE(text);
    });
    const turn = async () => {
      characters = 0;
      await new Promise((resolve) => setImmediate(resolve));
    };
    await load({ ...source, turn }).finally(() => parsing.mockRestore());
    expect(most).toBeLessThanOrEqual(2 * PIECE_CHARACTERS);
  });

  it("keeps a host whose pieces are the same, and reads one with another piece again", async () => {
    const { source, publish, read } = place();
    const [vast, other] = [vastHost(), { ...hostRoutes([], {}), host: "a.example.org" }];
    const snapshot = { ...snapshotOf(CLUSTERS.slice(0, 2)), hosts: [other, vast] };
    await publish(snapshot, 1);
    const first = await load(source);
    read();
    await publish({ ...snapshot, hosts: [{ ...other, owner: "another" }, vast] }, 2);
    const second = await load(source, first);
    expect(read()).toHaveLength(2);
    expect(second.snapshot.hosts[1]).toBe(first.snapshot.hosts[1]);
    const changed = { ...vast, routes: vast.routes.slice(1) };
    await publish({ ...snapshot, hosts: [other, changed] }, 3);
    expect((await load(source, second)).snapshot.hosts[1]).toEqual(changed);
  });

  it("tells edges that do not know pieces", async () => {
    const { source, publish } = place();
    await publish(snapshotOf(CLUSTERS.slice(0, 2)), 1);
    expect((await load(source)).manifest.features).not.toContain(PIECES);
    await publish({ ...snapshotOf(CLUSTERS.slice(0, 2)), hosts: [vastHost()] }, 2);
    expect((await load(source)).manifest.features).toContain(PIECES);
  });

  it("refuses a slice and a manifest that are longer than anything published", async () => {
    const { source, publish } = place();
    await publish(snapshotOf(CLUSTERS.slice(0, 2)), 1);
    const long = (only: string): SnapshotSource => ({
      ...source,
      get: async (key) =>
        `${await source.get(key)}${key.startsWith(only) ? " ".repeat(2 * LIMITS.sliceCharacters) : ""}`,
    });
    const parsing = (only: string) => longestParsed(() => loadSnapshot(long(only), null).then(refusedAsLarge));
    expect(await parsing("slices/")).toBeLessThan(LIMITS.sliceCharacters);
    await expect(loadSnapshot(long("manifest"), null).then(refusedAsLarge)).resolves.toBe(undefined);
  });
});

describe("a manifest of very many hosts", () => {
  it("stays small, and a change of one host writes and reads one list", async () => {
    const { source, publish, written, read, store } = place();
    const snapshot = manyHosts(4000);
    await publish(snapshot, 1);
    const first = await load(source);
    expect(first.snapshot.hosts).toEqual(snapshot.hosts);
    expect((await store.get("manifest"))?.value.length).toBeLessThan(5000);
    expect(await longestParsed(() => load(source))).toBeLessThanOrEqual(PIECE_CHARACTERS);
    written();
    read();
    const hosts = snapshot.hosts.filter((_, at) => at !== 2000);
    await publish({ ...snapshot, hosts }, 2, first);
    expect(written().filter((key) => key.startsWith("slices/"))).toHaveLength(1);
    const second = await load(source, first);
    expect(second.snapshot.hosts).toEqual(hosts);
    expect(read().filter((key) => key.startsWith("slices/"))).toHaveLength(1);
  });

  it("goes whole into bundles and mirrors, and its lists are pruned with it", async () => {
    const { source, publish, store } = place();
    await publish(manyHosts(1200), 1);
    const first = await load(source);
    const bundle = await collectBundle(source.get, sha256Hex);
    const fromBundle = await load({ ...source, get: bundleReader(bundle ?? {}) });
    expect(fromBundle.snapshot).toEqual(first.snapshot);
    const target = memoryStore();
    const pushing = mirror({ source: store, target, onProblem: (message) => expect.fail(message) });
    pushing.push();
    await pushing.settled();
    expect((await load({ ...source, get: textStore(target).get })).snapshot).toEqual(first.snapshot);
    for (let generation = 2; generation < 14; generation += 1) await publish(manyHosts(1200 + generation), generation);
    await retention(store).prune(null);
    const left = new Set(await store.list("slices/"));
    expect(first.manifest.lists.filter((hash) => left.has(`slices/${hash}`)).length).toBeLessThan(
      first.manifest.lists.length,
    );
    // Whatever is kept is whole.
    const old = (key: string) => source.get(key === "manifest" ? generationKey({ epoch: 1, generation: 4 }) : key);
    expect((await load({ ...source, get: old })).snapshot.hosts).toHaveLength(1204);
    expect((await load(source)).snapshot.hosts).toHaveLength(1213);
  });
});

describe("cutHost() and cutBase()", () => {
  it("are undone by joining, wherever the cuts are", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 200, max: 4000 }), (seed, max) => {
        const { snapshot } = randomWorld({ seed, hosts: 4, clusters: 6, requests: 0 });
        for (const host of snapshot.hosts) {
          const [head, ...others] = cutHost(host, max);
          expect(head === undefined ? null : joinHost([head, ...others])).toEqual(host);
        }
        const { hosts: _hosts, ...base } = snapshot;
        const [head, ...others] = cutBase(base, max);
        expect(head === undefined ? null : joinBase([head, ...others])).toEqual(base);
      }),
      { numRuns: 60, seed: 1 },
    );
  });
});

describe("boundedOverlay()", () => {
  it("holds at most what may be parsed at once, and everything that a decision asks for", () => {
    const { overlay } = randomWorld({ seed: 3, hosts: 6, clusters: 4, requests: 0 });
    const counts = Array.from({ length: 200_000 }, (_, at) => ({
      cluster: `cluster-${at % 20}`,
      service: `default/shop-${Math.floor(at / 20)}/80`,
      ready: at % 977 === 0 ? 0 : at % 101 === 0 ? 1 : 3,
      total: 3,
    }));
    const vast = { ...overlay, backends: packCounts(counts) };
    const text = boundedOverlay(vast);
    expect(text.length).toBeLessThanOrEqual(LIMITS.sliceCharacters);
    const parsed = parseOverlay(text);
    if (!parsed.ok) throw new Error(parsed.problem);
    const shares = (of: readonly { ready: number; total: number }[]) => of.filter(({ ready, total }) => ready < total);
    expect(shares(listCounts(parsed.overlay.backends))).toEqual(shares(listCounts(vast.backends)));
    expect({ ...parsed.overlay, backends: null, events: null }).toEqual({ ...overlay, backends: null, events: null });
  });
});

const PARSE: (text: string) => unknown = JSON.parse;

function refusedAsLarge(result: unknown): void {
  expect(JSON.stringify(result)).toMatch(/"refused".*too large/);
}
