import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile } from "../../src/core/compile/compile.ts";
import type { Snapshot } from "../../src/core/model.ts";
import { canonicalJson } from "../../src/core/snapshot/canonical.ts";
import { type LoadedSnapshot, loadSnapshot, type SnapshotSource } from "../../src/core/snapshot/load.ts";
import { parseEnvelope } from "../../src/core/snapshot/manifest.ts";
import { parseOverlay } from "../../src/core/snapshot/overlay.ts";
import { publishSnapshot, snapshotSlices } from "../../src/core/snapshot/publish.ts";
import { parseReport } from "../../src/core/snapshot/report.ts";
import { memoryStore } from "../../src/store/memory.ts";
import { sha256Hex } from "../../src/store/signature.ts";
import { textStore } from "../../src/store/text.ts";
import { cluster, ingress, observation, rule, service } from "../build/objects.ts";

function snapshotOf(...hosts: readonly string[]): Snapshot {
  const config = observation(null, {
    clusters: [cluster("us")],
    ingresses: hosts.map((host) => ingress(host, { rules: [rule(host, "/", "shop")] })),
  });
  const members = [observation("us", { services: [service("shop")] })];
  return compile({ config, clusters: members, previous: null, allowPrivateOrigins: false, nowMs: 0 }).snapshot;
}

interface Place {
  readonly store: ReturnType<typeof textStore>;
  readonly source: SnapshotSource;
  publish(snapshot: Snapshot, generation: number, epoch?: number): Promise<void>;
}

function place(audience = "test"): Place {
  const store = textStore(memoryStore());
  const source: SnapshotSource = { get: store.get, digest: sha256Hex, verify: null, audience };
  return {
    store,
    source,
    async publish(snapshot, generation, epoch = 1) {
      const replaces = (await store.getVersioned("manifest"))?.version ?? null;
      const options = { epoch, generation, audience, publishedAtMs: 0, replaces, knownSlices: new Set<string>() };
      if ((await publishSnapshot({ put: store.put, digest: sha256Hex, sign: null }, snapshot, options)) === null)
        throw new Error("lost the race");
    },
  };
}

async function load(source: SnapshotSource, previous: LoadedSnapshot | null = null): Promise<LoadedSnapshot> {
  const result = await loadSnapshot(source, previous);
  if (result.result !== "loaded") throw new Error(JSON.stringify(result));
  return result.loaded;
}

describe("loadSnapshot()", () => {
  it("gives back what was published", async () => {
    const { source, publish } = place();
    const snapshot = snapshotOf("a.example.org", "b.example.org");
    await publish(snapshot, 1);
    expect((await load(source)).snapshot).toEqual(snapshot);
  });

  it("says absent, unchanged, and reads only slices that changed", async () => {
    const { source, publish } = place();
    expect(await loadSnapshot(source, null)).toEqual({ result: "absent" });
    await publish(snapshotOf("a.example.org"), 1);
    const first = await load(source);
    expect(await loadSnapshot(source, first)).toEqual({ result: "unchanged" });
    await publish(snapshotOf("a.example.org", "b.example.org"), 2);
    const read: string[] = [];
    const second = await load({ ...source, get: (key) => (read.push(key), source.get(key)) }, first);
    expect(read.filter((key) => key.startsWith("slices/"))).toHaveLength(1);
    expect(second.snapshot.hosts[0]).toBe(first.snapshot.hosts[0]);
  });

  it("refuses an older version, and takes a newer epoch", async () => {
    const { source, publish } = place();
    await publish(snapshotOf("a.example.org"), 5);
    const first = await load(source);
    await publish(snapshotOf("b.example.org"), 4);
    expect(await loadSnapshot(source, first)).toMatchObject({ result: "refused" });
    await publish(snapshotOf("b.example.org"), 1, 2);
    expect((await load(source, first)).snapshot.hosts[0]?.host).toBe("b.example.org");
  });

  it("refuses another audience, a missing slice, a changed slice and an unsigned manifest", async () => {
    const { source, publish, store } = place();
    await publish(snapshotOf("a.example.org"), 1);
    expect(await loadSnapshot({ ...source, audience: "other" }, null)).toMatchObject({ result: "refused" });
    expect(await loadSnapshot({ ...source, verify: async () => true }, null)).toMatchObject({ result: "refused" });
    const loaded = await load(source);
    const key = `slices/${loaded.manifest.slices[1]?.hash}`;
    const text = (await store.get(key)) ?? "";
    const tampered = (change: string | null) => ({
      ...source,
      get: async (one: string) => (one === key ? change : source.get(one)),
    });
    expect(await loadSnapshot(tampered(null), null)).toMatchObject({ result: "refused" });
    expect(await loadSnapshot(tampered(text.replace("shop", "evil")), null)).toMatchObject({ result: "refused" });
  });

  it("never throws, whatever the bytes: it loads an equivalent or refuses", async () => {
    const { source, publish, store } = place();
    await publish(snapshotOf("a.example.org"), 1);
    const manifest = (await store.get("manifest")) ?? "";
    await fc.assert(
      fc.asyncProperty(fc.nat(manifest.length - 1), fc.string({ minLength: 0, maxLength: 3 }), async (at, piece) => {
        const text = manifest.slice(0, at) + piece + manifest.slice(at + 1);
        const result = await loadSnapshot(
          { ...source, get: async (key) => (key === "manifest" ? text : source.get(key)) },
          null,
        );
        expect(["loaded", "refused"]).toContain(result.result);
      }),
      { numRuns: 2000, seed: 1 },
    );
  });
});

describe("parsing", () => {
  it("is total on arbitrary JSON", () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        for (const parsed of [parseEnvelope(json), parseOverlay(json), parseReport(json)])
          expect(typeof parsed.ok).toBe("boolean");
      }),
      { numRuns: 2000, seed: 1 },
    );
  });
});

describe("snapshotSlices()", () => {
  it("gives the same bytes whatever the order of keys and hosts", () => {
    const snapshot = snapshotOf("a.example.org", "b.example.org");
    const shuffled = JSON.parse(JSON.stringify({ ...snapshot, hosts: [...snapshot.hosts].reverse() })) as Snapshot;
    expect(snapshotSlices(shuffled)).toEqual(snapshotSlices(snapshot));
  });

  it("refuses what an edge could not load", () => {
    const snapshot = snapshotOf("a.example.org");
    const [first] = snapshot.clusters;
    if (first === undefined) throw new Error("no cluster");
    expect(() => snapshotSlices({ ...snapshot, clusters: [{ ...first, weight: 1e9 }] })).toThrow(/weight must be/);
  });
});

describe("canonicalJson()", () => {
  it("sorts keys at every depth and keeps lists in order", () => {
    expect(canonicalJson({ b: [{ d: 1, c: 2 }], a: null })).toBe('{"a":null,"b":[{"c":2,"d":1}]}');
  });
});
