import { describe, expect, it } from "vitest";
import { allPolicies } from "../../src/core/all-policies.ts";
import { decide } from "../../src/core/decide.ts";
import { healthView } from "../../src/core/health/view.ts";
import type { BackendHealth, HealthOverlay } from "../../src/core/health/model.ts";
import type { HostRoutes, Snapshot } from "../../src/core/model.ts";
import { buildRoutingTable } from "../../src/core/routing-table.ts";
import { listCounts, packCounts } from "../../src/core/snapshot/backend-counts.ts";
import { briefOverlay } from "../../src/core/snapshot/brief-overlay.ts";
import { canonicalJson } from "../../src/core/snapshot/canonical.ts";
import type { SnapshotSource } from "../../src/core/snapshot/load.ts";
import { loadPart } from "../../src/core/snapshot/load-part.ts";
import { envelopeText } from "../../src/core/snapshot/manifest.ts";
import { parseOverlay } from "../../src/core/snapshot/overlay.ts";
import { PART_CHARACTERS, partKey, REST, REST_KEY } from "../../src/core/snapshot/part.ts";
import { partText, snapshotParts } from "../../src/core/snapshot/parts.ts";
import { DEFAULT_POLICY } from "../../src/core/steering/policy.ts";
import { generateSigningKeys, manifestSigner, manifestVerifier, sha256Hex } from "../../src/store/signature.ts";
import { circumstancesAt } from "../build/world.ts";
import { randomWorld } from "../edge/decisions/random-world.ts";

const {
  snapshot: WORLD,
  overlay: OVERLAY,
  requests,
} = randomWorld({ seed: 7, hosts: 60, clusters: 12, requests: 600 });
const [SOME_HOST] = WORLD.hosts.slice(1);
const ABOUT = { audience: "test", epoch: 1, generation: 4, publishedAtMs: 5 };

function named(host: string, kind: "ingress" | "httproute" = "ingress"): HostRoutes {
  if (SOME_HOST === undefined) throw new Error("the world has no host");
  return { ...SOME_HOST, host, policy: DEFAULT_POLICY, routes: SOME_HOST.routes.map((route) => ({ ...route, kind })) };
}

interface Published {
  readonly texts: Map<string, string>;
  readonly reads: string[];
  readonly source: SnapshotSource;
}

async function publish(snapshot: Snapshot, more: Partial<SnapshotSource> = {}): Promise<Published> {
  const { privateKey, publicKey } = await generateSigningKeys();
  const sign = manifestSigner("k1", privateKey);
  const texts = new Map<string, string>();
  for (const part of snapshotParts(snapshot)) {
    const payload = partText(part, ABOUT);
    const key = part.name === REST ? REST_KEY : partKey(await sha256Hex(part.name));
    texts.set(key, envelopeText({ payload, ...(await sign(payload)) }));
  }
  const reads: string[] = [];
  const get = (key: string) => {
    reads.push(key);
    return Promise.resolve(texts.get(key) ?? null);
  };
  const verify = manifestVerifier(new Map([["k1", publicKey]]));
  return { texts, reads, source: { get, digest: sha256Hex, verify, audience: "test", ...more } };
}

async function hostsOf(source: SnapshotSource, host: string | null): Promise<readonly string[] | string> {
  const read = await loadPart(source, host);
  if (read.result === "loaded") return read.loaded.snapshot.hosts.map((one) => one.host);
  return read.result === "refused" ? read.problems.join() : read.result;
}

describe("loadPart()", () => {
  it("gives every request the candidates that the whole snapshot gives it", async () => {
    const { source } = await publish(WORLD);
    const whole = buildRoutingTable(WORLD, allPolicies);
    const health = healthView(OVERLAY, new Map());
    for (const [seed, { facts, latitude, longitude }] of requests.entries()) {
      const circumstances = circumstancesAt({ latitude, longitude }, { seed, nowMs: OVERLAY.observedAtMs });
      const read = await loadPart(source, facts.host);
      if (read.result !== "loaded") throw new Error(JSON.stringify(read));
      const part = buildRoutingTable(read.loaded.snapshot, allPolicies);
      const [told, wanted] = [part, whole].map((table) => decide(table, health, facts, circumstances));
      // A part says nothing about clusters that do not have the Service.
      const others =
        wanted !== undefined && "excluded" in wanted ? wanted.excluded.filter(({ code }) => code !== "no-service") : [];
      expect(canonicalJson(told)).toBe(canonicalJson({ ...wanted, excluded: others }));
    }
  });

  it("finds the host that the whole table would find", async () => {
    const hosts = [
      named("a.example.org"),
      named("*.example.org"),
      named("*.deep.example.org", "httproute"),
      named("*.org", "httproute"),
    ];
    const { source } = await publish({ ...WORLD, hosts });
    expect(await hostsOf(source, "a.example.org")).toEqual(["a.example.org"]);
    expect(await hostsOf(source, "b.example.org")).toEqual(["*.example.org"]);
    expect(await hostsOf(source, "x.y.deep.example.org")).toEqual(["*.deep.example.org"]);
    expect(await hostsOf(source, "x.y.example.org")).toEqual(["*.org"]);
    expect(await hostsOf(source, "example.com")).toEqual([]);
    expect(await hostsOf(source, null)).toEqual([]);
    const { source: withAny } = await publish({ ...WORLD, hosts: [...hosts, named("*")] });
    expect(await hostsOf(withAny, "example.com")).toEqual(["*"]);
    expect(await hostsOf(withAny, "b.example.org")).toEqual(["*.example.org"]);
  });

  it("reads two keys for a host that is there, four for the deepest one", async () => {
    const { source, reads } = await publish({ ...WORLD, hosts: [named("a.example.org"), named("*.org", "httproute")] });
    await loadPart(source, "a.example.org");
    expect(reads.splice(0)).toHaveLength(2);
    await loadPart(source, "x.y.example.org");
    expect(reads).toHaveLength(4);
  });

  it("does without the wildcard above where the host has a part, and not where it has none", async () => {
    const { source } = await publish({ ...WORLD, hosts: [named("a.example.org")] });
    const wildcard = partKey(await sha256Hex("*.example.org"));
    const get = (key: string) => (key === wildcard ? Promise.reject(new Error("gone")) : source.get(key));
    expect(await hostsOf({ ...source, get }, "a.example.org")).toEqual(["a.example.org"]);
    await expect(loadPart({ ...source, get }, "b.example.org")).rejects.toThrow("gone");
  });

  it("says absent for a store that holds nothing, and nothing else for a host that nobody routes", async () => {
    const { source, texts } = await publish({ ...WORLD, hosts: [] });
    expect(await hostsOf(source, "a.example.org")).toEqual([]);
    texts.clear();
    expect(await hostsOf(source, "a.example.org")).toBe("absent");
  });

  it("keeps a part within 32 KiB as long as a host has some fifty clusters", async () => {
    const { snapshot } = randomWorld({ seed: 1, hosts: 1, clusters: 60, requests: 0 });
    const backends = snapshot.clusters.map(({ name }) => ({ cluster: name, origins: null }));
    const hosts = snapshot.hosts.map((host) => ({
      ...host,
      services: host.services.map((one) => ({ ...one, backends })),
    }));
    for (const text of (await publish({ ...snapshot, hosts })).texts.values()) {
      expect(text.length).toBeLessThan(PART_CHARACTERS);
    }
  });

  it("believes a part under its own name alone, signed by a key that it knows, for its own fleet", async () => {
    const { source, texts } = await publish({ ...WORLD, hosts: [named("a.example.org"), named("b.example.org")] });
    const [keyOfA, keyOfB] = [partKey(await sha256Hex("a.example.org")), partKey(await sha256Hex("b.example.org"))];
    texts.set(keyOfA, texts.get(keyOfB) ?? "");
    expect(await hostsOf(source, "a.example.org")).toBe('part "a.example.org": it is about "b.example.org"');
    const forged = await publish({ ...WORLD, hosts: [named("a.example.org")] });
    texts.set(keyOfA, forged.texts.get(keyOfA) ?? "");
    expect(await hostsOf(source, "a.example.org")).toMatch(/the signature by key "k1" does not verify/);
    const unsigned = JSON.parse(forged.texts.get(keyOfA) ?? "") as object;
    texts.set(keyOfA, JSON.stringify({ ...unsigned, keyId: null, signature: null }));
    expect(await hostsOf(source, "a.example.org")).toBe('part "a.example.org": it is not signed');
    texts.set(keyOfA, "{");
    expect(await hostsOf(source, "a.example.org")).toBe('part "a.example.org": it is not JSON');
    const other = await publish({ ...WORLD, hosts: [named("a.example.org")] }, { audience: "other" });
    expect(await hostsOf(other.source, "a.example.org")).toMatch(/it is meant for "test", not for "other"/);
  });
});

describe("briefOverlay()", () => {
  const backends = (count: number): readonly BackendHealth[] =>
    Array.from({ length: count }, (_, index) => ({
      cluster: `c${index % 100}`,
      service: `default/service-${Math.floor(index / 100)}/80`,
      ready: index % 50 === 0 ? 0 : index % 7 === 0 ? 1 : 3,
      total: 3,
    }));
  const overlay = (count: number): HealthOverlay => ({ ...OVERLAY, backends: packCounts(backends(count)) });
  const brief = (of: HealthOverlay): HealthOverlay => {
    const text = briefOverlay(of, PART_CHARACTERS);
    expect(text.length).toBeLessThanOrEqual(PART_CHARACTERS);
    const parsed = parseOverlay(text);
    if (!parsed.ok) throw new Error(parsed.problem);
    return parsed.overlay;
  };

  it("leaves what is short as it is, but for the events", () => {
    expect(brief(overlay(300))).toEqual({ ...overlay(300), events: [] });
  });

  it("keeps everything that is out while there is room, and drops what is well", () => {
    const many = overlay(20_000);
    const out = (of: HealthOverlay) => listCounts(of.backends).filter(({ ready }) => ready === 0);
    expect(out(brief(many))).toEqual(out(many));
    expect(listCounts(brief(many).backends).length).toBeLessThan(20_000);
  });

  it("ends with as many of them as there is room for", () => {
    const all = listCounts(overlay(100_000).backends).map((one) => ({ ...one, ready: 0 }));
    const { backends: kept } = brief({ ...overlay(1), backends: packCounts(all) });
    expect(listCounts(kept).length).toBeGreaterThan(100);
  });
});

describe("snapshotParts()", () => {
  it("changes the parts of the hosts that changed, and no others", () => {
    const before = new Map(snapshotParts(WORLD).map(({ name, content }) => [name, content]));
    const [first, ...others] = WORLD.hosts;
    if (first === undefined) throw new Error("the world has no host");
    const after = snapshotParts({ ...WORLD, hosts: [{ ...first, routes: first.routes.slice(1) }, ...others] });
    expect(after.filter(({ name, content }) => before.get(name) !== content).map(({ name }) => name)).toEqual([
      first.host,
    ]);
  });
});
