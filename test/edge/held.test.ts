/** An edge remembers what it chose, and hands it to its next decision. */
import { describe, expect, it } from "vitest";
import { KNOWN_COUNTRIES } from "../../src/core/geo/countries.ts";
import { roundTripKey } from "../../src/core/health/view.ts";
import { publishSnapshot } from "../../src/core/snapshot/publish.ts";
import { admit } from "../../src/edge/admit.ts";
import { createEdge } from "../../src/edge/edge.ts";
import { newEvent } from "../../src/edge/event.ts";
import { explainHere } from "../../src/edge/explain-here.ts";
import { edgeMetrics } from "../../src/edge/metrics.ts";
import { refreshHealth } from "../../src/edge/state.ts";
import { sha256Hex } from "../../src/store/signature.ts";
import { HOST, modelCluster, snapshotOf } from "../build/steering.ts";
import { FRANKFURT } from "../build/world.ts";

async function edgeOf(clusters: readonly string[]) {
  const texts = new Map<string, string>();
  const put = async (key: string, text: string) => {
    texts.set(key, text);
    return key;
  };
  const snapshot = snapshotOf(clusters.map((name) => modelCluster(name)));
  const at = { epoch: 1, generation: 1, publishedAtMs: 0, replaces: null, knownSlices: new Set<string>() };
  await publishSnapshot({ put, digest: sha256Hex, sign: null }, snapshot, { ...at, audience: "test" });
  let nowMs = 0;
  const edge = createEdge(
    {
      name: "fra",
      location: FRANKFURT,
      trustedProxies: [],
      trustedHops: 0,
      trustedHeader: null,
      debugToken: null,
    },
    {
      source: { get: async (key) => texts.get(key) ?? null, digest: sha256Hex, verify: null, audience: "test" },
      report: null,
      pinKeys: null,
      locator: null,
      headerLocation: null,
      zonePoint: null,
      metrics: edgeMetrics,
      now: () => nowMs,
      random: () => 0.5,
      accessLog: () => undefined,
      log: () => undefined,
    },
  );
  await edge.coldStart(null);
  return {
    edge,
    /** The cluster that a request goes to at a time, with these round-trips measured. */
    chosen(atMs: number, ms: readonly number[]): string | null {
      nowMs = atMs;
      for (const [index, cluster] of clusters.entries()) {
        const us = (ms[index] ?? 0) * 1000;
        const trip = { place: "fra", cluster, us, samples: 6, observedAtMs: atMs, basis: "measured" as const };
        edge.state.probes.measured.set(roundTripKey("fra", cluster), trip);
      }
      refreshHealth(edge.state);
      const head = {
        method: "GET",
        scheme: "http" as const,
        host: HOST,
        target: "/",
        headers: [],
        peerAddress: "192.0.2.1",
        runtimeLocation: null,
      };
      const admission = admit(head, edge.rules, newEvent("GET", "http", atMs), []);
      return admission.to === "forward" ? (admission.decision.candidates[0]?.cluster ?? null) : null;
    },
  };
}

describe("an edge's choice", () => {
  it("is held against what is a little better, and let go for what is much better, once a minute", async () => {
    const { chosen, edge } = await edgeOf(["a", "b"]);
    expect(chosen(1000, [20, 30])).toBe("a");
    expect([...edge.state.held.values()]).toEqual([{ clusters: ["a"], untilMs: 0 }]);
    expect(chosen(2000, [20, 16])).toBe("a");
    expect(chosen(3000, [40, 16])).toBe("b");
    expect(chosen(62_000, [10, 40])).toBe("b");
    expect(chosen(63_000, [10, 40])).toBe("a");
  });
});

describe("explainHere()", () => {
  const asked = { method: "GET", host: HOST, target: "/", headers: [], client: null, at: null };
  const deps = (nowMs: number) => ({
    locator: null,
    places: { zonePoint: null, countries: KNOWN_COUNTRIES },
    now: () => nowMs,
  });

  it("tells a held choice with its reason, and changes nothing", async () => {
    const { chosen, edge } = await edgeOf(["a", "b"]);
    chosen(1000, [20, 30]);
    expect(chosen(2000, [20, 16])).toBe("a");
    const before = JSON.stringify([...edge.state.held]);
    const { edge: name, candidates, vantage } = explainHere(edge.state, JSON.stringify(asked), deps(2000));
    expect([name, vantage.of, candidates.map(({ cluster }) => cluster)]).toEqual(["fra", "edge", ["a", "b"]]);
    expect(candidates[0]?.steps.map(({ text }) => text).join()).toMatch(/this edge chose it/);
    expect(JSON.stringify([...edge.state.held])).toBe(before);
  });

  it("says what it cannot read", async () => {
    const { edge } = await edgeOf(["a"]);
    expect(() => explainHere(edge.state, "{}", deps(0))).toThrow(/^Cannot explain the request: /);
    const invalid = JSON.stringify({ ...asked, client: "nowhere at all" });
    expect(() => explainHere(edge.state, invalid, deps(0))).toThrow(/^Cannot locate the client "nowhere at all"/);
  });
});
