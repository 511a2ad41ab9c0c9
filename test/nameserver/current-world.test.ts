import { createServer, type Server } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { healthView } from "../../src/core/health/view.ts";
import type { HealthOverlay } from "../../src/core/health/model.ts";
import { packCounts } from "../../src/core/snapshot/backend-counts.ts";
import { currentWorld, type NameFacts } from "../../src/nameserver/current-world.ts";
import { probeEdges } from "../../src/nameserver/edge-probe.ts";
import type { NamedEdge } from "../../src/nameserver/edges.ts";
import { CLUSTERS, question, readAnswer, responderOf, snapshotOfNames } from "../build/names.ts";
import { SERVICE } from "../build/steering.ts";
import { eventually } from "../scenarios/until.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function overlayAt(observedAtMs: number, ready: Readonly<Record<string, number>>): HealthOverlay {
  const counts = Object.entries(ready).map(([cluster, count]) => ({
    cluster,
    service: SERVICE,
    ready: count,
    total: 1,
  }));
  const empty = { clusters: [], origins: [], verdicts: [], roundTrips: [], offered: [], events: [] };
  return { observedAtMs, validForMs: 60_000, backends: packCounts(counts), ...empty };
}

const snapshot = snapshotOfNames({
  clusters: [
    { ...CLUSTERS.us, region: "us-east1" },
    { ...CLUSTERS.eu, region: "europe-west1" },
  ],
});

function facts(overlay: HealthOverlay | null, more: Partial<NameFacts> = {}): NameFacts {
  const health = healthView(overlay, new Map());
  return { snapshot, publishedAtMs: 5000, overlay, health, down: null, nowMs: 1000, ...more };
}

const options = {
  zones: ["example.org"],
  nameServers: [],
  ttl: 30,
  federation: { name: "prod", suffix: "example.org" },
  originSuffix: null,
};
const REGION = "shop.default.prod.svc.europe-west1.example.org";

describe("currentWorld()", () => {
  const worldOf = currentWorld({ ...options, edges: [] });
  let now = facts(null);
  const responds = responderOf(() => worldOf(now));
  const ask = (name: string): readonly string[] => {
    const answer = responds.respond(question(name, "A"), "192.0.2.99", { isUdp: true, nowMs: 1000 });
    return answer === null ? [] : readAnswer(answer).answers;
  };

  it("makes nothing anew while nothing is new", () => {
    const first = worldOf(facts(overlayAt(100, { eu: 1, us: 1 })));
    expect(worldOf(facts(overlayAt(100, { eu: 1, us: 1 })))).toBe(first);
    const later = worldOf(facts(overlayAt(200, { eu: 1, us: 1 })));
    expect(later).not.toBe(first);
    // Other health and the same names: the table and what it has prepared stay.
    expect(later.table).toBe(first.table);
    expect(worldOf(facts(overlayAt(200, { eu: 1, us: 1 }), { publishedAtMs: 9000 })).table).not.toBe(first.table);
  });

  it("leads a region without a healthy cluster one level up, and keeps the last answers when nobody is", () => {
    now = facts(overlayAt(300, { eu: 1, us: 1 }));
    expect(ask(REGION)).toEqual([`${REGION} 30 A 192.0.2.10`]);
    now = facts(overlayAt(400, { eu: 0, us: 1 }));
    expect(ask(REGION)).toEqual([
      `${REGION} 30 CNAME shop.default.prod.svc.example.org`,
      "shop.default.prod.svc.example.org 30 A 192.0.2.20",
    ]);
    now = facts(overlayAt(500, { eu: 0, us: 0 }));
    expect(ask("shop.default.prod.svc.example.org")).toEqual(["shop.default.prod.svc.example.org 30 A 192.0.2.20"]);
    now = facts(overlayAt(600, { eu: 1, us: 0 }));
    expect(ask(REGION)).toEqual([`${REGION} 30 A 192.0.2.10`]);
  });

  it("knows all addresses when it starts while nobody is healthy", () => {
    const world = currentWorld({ ...options, edges: [] })(facts(overlayAt(1, { eu: 0, us: 0 })));
    const global = world.zones.get("example.org")?.names.get("shop.default.prod.svc.example.org");
    expect(global?.sets.get(1)?.values).toEqual(["192.0.2.10", "192.0.2.20"]);
  });
});

describe("probeEdges()", () => {
  async function listening(port: number): Promise<Server> {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    closing.push(() => server.close());
    return server;
  }

  it("takes an edge out that does not accept connections, and back; names follow", async () => {
    const server = await listening(0);
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const edges: readonly NamedEdge[] = [
      { name: "fra", location: { latitude: 50, longitude: 8 }, addresses: ["127.0.0.1"] },
      // Nobody listens there.
      { name: "nyc", location: { latitude: 40, longitude: -74 }, addresses: ["127.0.0.77"] },
    ];
    const probes = probeEdges(edges, { port, intervalMs: 20, timeoutMs: 1000 });
    closing.push(probes.close);
    const downNow = async () => [...probes.down().keys()].toSorted().join(" ");
    const worldOf = currentWorld({ ...options, federation: null, edges });
    const responds = responderOf(() => worldOf(facts(null, { down: probes.down() })));
    const ask = (): string => {
      const answer = responds.respond(question("shop.example.org", "A"), "192.0.2.99", { isUdp: true, nowMs: 1000 });
      return answer === null ? "" : (readAnswer(answer).answers[0] ?? "");
    };
    await eventually(downNow, (names) => names === "nyc");
    expect(ask()).toBe("shop.example.org 30 A 127.0.0.1");
    await new Promise((resolve) => server.close(resolve));
    await eventually(downNow, (names) => names === "fra nyc");
    // In doubt all of them are up.
    expect(ask()).toMatch(/^shop\.example\.org 30 A 127\.0\.0\./);
    await listening(port);
    await eventually(downNow, (names) => names === "nyc");
    expect(ask()).toBe("shop.example.org 30 A 127.0.0.1");
  });
});
