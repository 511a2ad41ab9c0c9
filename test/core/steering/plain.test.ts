/** Plain nearest has a way of its own, so that an edge need not carry the other policies: it must be the same way. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { allPolicies } from "../../../src/core/all-policies.ts";
import { decideWith } from "../../../src/core/decide.ts";
import { explain } from "../../../src/core/explain.ts";
import { newMemo } from "../../../src/core/memo.ts";
import type { Cluster } from "../../../src/core/model.ts";
import { buildRoutingTable, needsPolicies, type RoutingTable } from "../../../src/core/routing-table.ts";
import type { SteeringPolicy } from "../../../src/core/steering/policy.ts";
import { client, type HealthParts, healthOf, modelCluster, snapshotOf, toShop } from "../../build/steering.ts";

const runs = { numRuns: Number(process.env["PORTOLAN_RUNS"] ?? 300), seed: 20_261_124 };
const NAMES = ["a", "b", "c", "d", "e"] as const;
const name = fc.constantFrom(...NAMES);
const NOW_MS = 100_000;

const clusters: fc.Arbitrary<readonly Cluster[]> = fc.tuple(
  ...NAMES.map((own) =>
    fc
      .record({
        location: fc.option(
          fc.constantFrom(
            { latitude: 50, longitude: 8 },
            { latitude: 50.1, longitude: 8 },
            { latitude: 40, longitude: -74 },
          ),
        ),
        weight: fc.constantFrom(0, 1, 10, 100),
        bias: fc.constantFrom(0, 0, -50, 20),
      })
      .map((parts) => modelCluster(own, parts)),
  ),
);
const policy: fc.Arbitrary<Partial<SteeringPolicy>> = fc.record({
  tieWindow: fc.constantFrom({ ms: 2, percent: 5 }, { ms: 100, percent: 50 }),
  slowStart: fc.constantFrom(null, { windowMs: 90_000, fromPercent: 10 }),
});
const health: fc.Arbitrary<HealthParts> = fc.record({
  ready: fc.dictionary(name, fc.constantFrom<[number, number]>([0, 2], [1, 2], [2, 2])),
  down: fc.uniqueArray(name, { maxLength: 4 }),
  upSince: fc.dictionary(name, fc.integer({ min: 0, max: NOW_MS })),
  ejected: fc.uniqueArray(name, { maxLength: 3 }),
  expiresAtMs: fc.constantFrom(0, 1_000_000),
});

/** The same hosts, decided by everything that there is. */
function byAllPolicies(table: RoutingTable): RoutingTable {
  const exactHosts = new Map(
    [...table.exactHosts].map(([host, one]) => [host, { ...one, beyond: allPolicies, prepared: new Map() }]),
  );
  return { ...table, exactHosts, memo: newMemo(), shared: new Map() };
}

describe("plain nearest", () => {
  it("decides and explains as all policies together do", { timeout: 600_000 }, () => {
    fc.assert(
      fc.property(
        fc.record({ clusters, policy, health, number: fc.nat(10_000), limit: fc.constantFrom(1, 2, 4, Infinity) }),
        (world) => {
          const circumstances = client(world.number, { point: { latitude: 50, longitude: 8 }, nowMs: NOW_MS });
          const plain = buildRoutingTable(snapshotOf(world.clusters, world.policy), null);
          const full = byAllPolicies(plain);
          const view = healthOf(world.health);
          const asked = { request: toShop, circumstances, limit: world.limit, trace: null };
          expect(decideWith(plain, view, asked)).toEqual(decideWith(full, view, asked));
          expect(explain(plain, view, toShop, circumstances)).toEqual(explain(full, view, toShop, circumstances));
        },
      ),
      runs,
    );
  });

  it("is not taken for enough by any host that asks for more", () => {
    const list = [modelCluster("a"), modelCluster("b")];
    const ramp = { startMs: 0, durationMs: 1000, fromPercent: 0 };
    const more: readonly Partial<SteeringPolicy>[] = [
      { method: { type: "weighted" } },
      { method: { type: "least-latency" } },
      { method: { type: "failover", tiers: [] } },
      { method: { type: "geolocation", rules: [] } },
      { spill: { overProvisioning: 1.4, byReadiness: true } },
      { canary: { clusters: ["a"], percent: 1, header: null, cookie: null } },
      { residency: { rules: [], unknownAs: "strictest", onNoCluster: "reject", status: 451 } },
      { affinity: { type: "client-address" } },
      { clusters: [{ cluster: "a", weight: null, bias: null, ramp, drainUntilMs: null }] },
    ];
    const snapshots = [
      ...more.map((one) => snapshotOf(list, one)),
      snapshotOf([modelCluster("a", { capacity: 10 })]),
      snapshotOf([modelCluster("a", { ramp })]),
    ];
    expect(needsPolicies(snapshotOf(list))).toBe(false);
    for (const snapshot of snapshots) {
      expect(needsPolicies(snapshot)).toBe(true);
      expect(() => buildRoutingTable(snapshot, null)).toThrow(/^Cannot index shop\.example\.org: /);
    }
  });
});
