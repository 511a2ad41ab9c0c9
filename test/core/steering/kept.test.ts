/** What is kept between requests is seen only as time: with it and without it the answer is the same, byte for byte. */
import { describe, expect, it } from "vitest";
import { decide, decideWith } from "../../../src/core/decide.ts";
import type { RoundTrip } from "../../../src/core/health/model.ts";
import type { SteeringPolicy } from "../../../src/core/steering/policy.ts";
import { client, clustersOf, healthOf, modelCluster, tableOf, toShop } from "../../build/steering.ts";
import { randomFrom } from "../../../bench/random-world.ts";

const METHODS: readonly SteeringPolicy["method"][] = [
  { type: "nearest" },
  { type: "weighted" },
  { type: "least-latency" },
  { type: "failover", tiers: [["c3", "c7"], ["c1"]] },
];

function fleet(count: number, random: (below: number) => number, weights: readonly number[]) {
  return Array.from({ length: count }, (_, index) => {
    // Some share a town, so that ties are drawn.
    const near = random(3) === 0 ? { latitude: 50, longitude: 8 } : null;
    const location = near ?? { latitude: random(120) - 60, longitude: random(360) - 180 };
    return modelCluster(`c${index}`, { location, weight: weights[random(weights.length)] ?? 100 });
  });
}

function tripsOf(count: number, random: (below: number) => number): RoundTrip[] {
  return Array.from({ length: count }, (_, index) => ({
    place: "fra",
    cluster: `c${index}`,
    us: 10_000 + random(40) * 1000,
    samples: 6,
    observedAtMs: 0,
    basis: "measured",
  }));
}

describe("decide() with what it keeps", () => {
  it.each(METHODS)("answers $type as if every request were the first", (method) => {
    const random = randomFrom(4711);
    const clusters = fleet(12, random, [100, 100, 10, 1000]);
    const policy = { method, canary: null };
    const table = tableOf(clusters, policy);
    const measured = healthOf({ trips: tripsOf(12, random) });
    const fra = { of: "edge" as const, place: "fra", point: { latitude: 50, longitude: 8 } };
    const chosen = decide(table, measured, toShop, client(1, { vantage: fra }));
    const heldBy = chosen.action === "forward" ? (chosen.hold?.key ?? "") : "";
    // Shares by weight are held by nobody.
    expect(heldBy === "").toBe(method.type === "weighted");
    const views = [
      // As an edge has it after a probe: other round-trips, and nothing else changed.
      measured,
      { ...measured, roundTrips: healthOf({ trips: tripsOf(12, random) }).roundTrips },
      { ...measured, roundTrips: healthOf({ trips: tripsOf(12, random) }).roundTrips },
      { ...measured, held: new Map([[heldBy, { clusters: ["c2", "c9"], untilMs: 0 }]]) },
      { ...measured, held: new Map([[heldBy, { clusters: ["c4"], untilMs: 200_000 }]]) },
      healthOf(),
      healthOf({ down: ["c3"], ready: { c1: [1, 4] } }),
      healthOf({ trips: tripsOf(12, random), ejected: ["c0", "c5"], expiresAtMs: 300_000 }),
      healthOf({ upSince: { c2: 90_000 }, trips: tripsOf(12, random) }),
      healthOf({ down: clusters.map((one) => one.name) }),
    ];
    // The lowest bits of this generator come in turns.
    const draw = (below: number) => random(9973) % below;
    for (let round = 0; round < 600; round += 1) {
      const health = views[draw(2) * draw(views.length)] ?? healthOf();
      const point = { latitude: draw(2) * 10, longitude: draw(2) * 10 };
      const vantage = { of: "edge" as const, place: draw(2) === 0 ? "fra" : null, point };
      const who = client(draw(50), { point, vantage, nowMs: draw(8) * 50_500, seed: draw(1000) });
      expect(decide(table, health, toShop, who)).toEqual(decide(tableOf(clusters, policy), health, toShop, who));
    }
  });

  it.each([
    ["weighted", [100]],
    ["weighted", [1, 10, 100, 999, 1000]],
    ["nearest", [100]],
    ["nearest", [1, 1000]],
  ] as const)("draws among a hundred clusters by %s with weights %j as an explanation does", (type, weights) => {
    const random = randomFrom(weights.length);
    const table = tableOf(fleet(100, random, weights), { method: { type } });
    const view = healthOf({ down: ["c4", "c40"] });
    const point = { latitude: 50, longitude: 8 };
    for (let number = 0; number < 3000; number += 1) {
      const circumstances = client(number * 7919, { point });
      const all = decideWith(table, view, { request: toShop, circumstances, limit: Infinity, trace: null });
      const few = decide(table, view, toShop, circumstances);
      expect(few).toMatchObject({ candidates: all.action === "forward" ? all.candidates.slice(0, 4) : [] });
      expect(clustersOf(few)).toHaveLength(4);
    }
  });

  /** A million take a minute or two: `PORTOLAN_RUNS=1000000 npx vitest run --project unit test/core/steering/kept.test.ts`. */
  it("gives the same answer every time, whatever was asked in between", { timeout: 3_600_000 }, () => {
    const random = randomFrom(815);
    const clusters = fleet(20, random, [1, 100]);
    for (const method of METHODS) {
      const table = tableOf(clusters, { method });
      const views = [healthOf({ trips: tripsOf(20, random) }), healthOf({ down: ["c1"] })];
      const [view = healthOf()] = views;
      const vantage = { of: "edge" as const, place: "fra", point: { latitude: 50, longitude: 8 } };
      const who = client(7, { vantage, seed: 3 });
      const first = JSON.stringify(decide(table, view, toShop, who));
      const times = Number(process.env["PORTOLAN_RUNS"] ?? 8000) / METHODS.length;
      for (let time = 0; time < times; time += 1) {
        const other = views[time % 7 === 0 ? 1 : 0] ?? view;
        decide(table, other, toShop, client(time, { vantage, nowMs: time % 5000, seed: time }));
        const again = JSON.stringify(decide(table, view, toShop, who));
        // `expect` for each of a million would be most of the time.
        if (again !== first) expect(again).toBe(first);
      }
    }
  });
});
