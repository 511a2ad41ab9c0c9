/**
 * Properties of the whole decision. PORTOLAN_RUNS sets the number of worlds per property (300 in `npm test`, 1e5 to
 * 1e6 before a release: `PORTOLAN_RUNS=100000 npx vitest run --project unit test/core/steering/properties`).
 */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decide, decideWith } from "../../../src/core/decide.ts";
import { explain } from "../../../src/core/explain.ts";
import type { Circumstances, Decision } from "../../../src/core/decision.ts";
import type { Cluster } from "../../../src/core/model.ts";
import { allPolicies } from "../../../src/core/all-policies.ts";
import { buildRoutingTable } from "../../../src/core/routing-table.ts";
import type { SteeringPolicy } from "../../../src/core/steering/policy.ts";
import {
  client,
  clustersOf,
  firstOf,
  type HealthParts,
  healthOf,
  modelCluster,
  snapshotOf,
  tableOf,
  toShop,
} from "../../build/steering.ts";

const runs = { numRuns: Number(process.env["PORTOLAN_RUNS"] ?? 300), seed: 20_261_124 };
const TIMEOUT_MS = 3_600_000;
const NAMES = ["a", "b", "c", "d", "e", "f"] as const;

const point = fc.record({
  latitude: fc.integer({ min: -80, max: 80 }),
  longitude: fc.integer({ min: -180, max: 180 }),
});
const name = fc.constantFrom(...NAMES);
const names = fc.uniqueArray(name, { minLength: 1, maxLength: 4 });
const place = fc.constantFrom("DE", "FR", "US", "US-CA", "eu", "continent:EU", "*", "203.0.0.0/10");
const now = fc.integer({ min: 0, max: 200_000 });

function clusterNamed(own: string): fc.Arbitrary<Cluster> {
  return fc
    .record({
      location: fc.option(point),
      residency: fc.constantFrom<string[]>([], ["eu"], ["us"], ["eu", "us"]),
      weight: fc.constantFrom(0, 1, 10, 100, 1000),
      bias: fc.constantFrom(0, 0, -99, 20, 99),
      capacity: fc.option(fc.constantFrom(1, 100)),
      drainUntilMs: fc.option(now),
      ramp: fc.option(
        fc.record({ startMs: now, durationMs: fc.constant(60_000), fromPercent: fc.constantFrom(0, 10) }),
      ),
    })
    .map((parts) => modelCluster(own, parts));
}

const clusters = fc
  .uniqueArray(name, { minLength: 1, maxLength: 6 })
  .chain((own) => fc.tuple(...own.toSorted().map(clusterNamed)));

const method: fc.Arbitrary<SteeringPolicy["method"]> = fc.oneof(
  fc.constant({ type: "nearest" } as const),
  fc.constant({ type: "weighted" } as const),
  fc.constant({ type: "least-latency" } as const),
  fc.record({ type: fc.constant("failover" as const), tiers: fc.array(names, { maxLength: 3 }) }),
  fc.record({
    type: fc.constant("geolocation" as const),
    rules: fc.array(fc.record({ from: fc.array(place, { minLength: 1, maxLength: 2 }), clusters: names }), {
      maxLength: 3,
    }),
  }),
);

const residency: fc.Arbitrary<NonNullable<SteeringPolicy["residency"]>> = fc.record({
  rules: fc.array(
    fc.record({
      from: fc.uniqueArray(fc.constantFrom("DE", "FR", "US"), { maxLength: 2 }),
      within: fc.uniqueArray(fc.constantFrom("eu", "us"), { minLength: 1, maxLength: 2 }),
    }),
    { minLength: 1, maxLength: 2 },
  ),
  unknownAs: fc.constant("strictest"),
  onNoCluster: fc.constant("reject" as const),
  status: fc.constantFrom(451 as const, 503 as const),
});

const policyWithout = fc.record({
  method,
  canary: fc.option(
    fc.record({
      clusters: names,
      percent: fc.constantFrom(0, 10, 100),
      header: fc.constant(null),
      cookie: fc.constant(null),
    }),
  ),
  spill: fc.record({ overProvisioning: fc.constant(1.4), byReadiness: fc.boolean() }),
  affinity: fc.option(
    fc.constantFrom<NonNullable<SteeringPolicy["affinity"]>>(
      { type: "cookie", ttlMs: 10_000 },
      { type: "client-address" },
    ),
  ),
  groups: fc.constant([{ name: "eu", places: ["DE", "FR"] }]),
});

const health: fc.Arbitrary<HealthParts> = fc.record({
  ready: fc.dictionary(name, fc.constantFrom<[number, number]>([0, 2], [1, 2], [2, 2])),
  down: fc.uniqueArray(name, { maxLength: 3 }),
  upSince: fc.dictionary(name, now),
  ejected: fc.uniqueArray(name, { maxLength: 3 }),
  expiresAtMs: fc.constantFrom(0, 1_000_000),
});

const asker: fc.Arbitrary<Circumstances> = fc
  .record({
    number: fc.nat(1_000_000),
    point: fc.option(point),
    country: fc.constantFrom(null, "DE", "US", "JP"),
    anonymous: fc.boolean(),
    nowMs: now,
    seed: fc.nat(1000),
    pinned: fc.option(name),
    offered: fc.option(fc.dictionary(name, fc.integer({ min: 0, max: 1000 }))),
  })
  .map(({ number, pinned, offered, ...more }) =>
    client(number, {
      ...more,
      pins: pinned === null ? [] : [{ cookie: COOKIE, cluster: pinned, expiresAtMs: 500_000 }],
      offered: offered === null ? null : new Map(Object.entries(offered)),
    }),
  );

/** The cookie of the only route there is, as the decision itself names it. */
const COOKIE = pinNameOf(
  decide(tableOf([modelCluster("a")], { affinity: { type: "cookie", ttlMs: 1 } }), healthOf(), toShop, client(1)),
);

function pinNameOf(decision: Decision): string {
  return (decision.action === "forward" ? decision.setPin?.cookie : null) ?? "none";
}

/** Whether health, as the parts say it, leaves a cluster usable; the oracle, apart from the code under test. */
function isUsable(own: string, parts: HealthParts, nowMs: number): boolean {
  const fresh = nowMs < (parts.expiresAtMs ?? 0);
  const ready = parts.ready?.[own];
  if (parts.ejected?.includes(own) === true && fresh) return false;
  if (!fresh) return true;
  // An "up" verdict that is listed later takes the place of a "down" one: the view is a map.
  const down = parts.down?.includes(own) === true && parts.upSince?.[own] === undefined;
  return !down && !(ready !== undefined && ready[0] === 0);
}

describe("the whole decision", () => {
  it("never answers a 5xx of ours while a healthy cluster can be reached, and tries a healthy one first (rules 1, 8)", {
    timeout: TIMEOUT_MS,
  }, () => {
    fc.assert(
      fc.property(clusters, policyWithout, health, asker, (list, policy, parts, who) => {
        const decision = decide(tableOf(list, policy), healthOf(parts), toShop, who);
        const usable = list.filter((one) => one.weight > 0 && isUsable(one.name, parts, who.nowMs));
        if (usable.length === 0) return;
        expect(decision.action).toBe("forward");
        if (decision.action !== "forward") return;
        expect(decision.candidates[0]?.panic).toBeNull();
        expect(decision.candidates.length).toBeGreaterThanOrEqual(Math.min(usable.length, 4));
      }),
      runs,
    );
  });

  it("keeps a drained cluster out for everybody who is not pinned to it, also in a panic (rule 8)", {
    timeout: TIMEOUT_MS,
  }, () => {
    fc.assert(
      fc.property(clusters, policyWithout, health, asker, (list, policy, parts, who) => {
        const decision = decideWith(tableOf(list, policy), healthOf(parts), {
          request: toShop,
          circumstances: who,
          limit: Infinity,
          trace: null,
        });
        if (decision.action !== "forward") return;
        for (const { cluster } of decision.candidates) {
          const one = list.find((candidate) => candidate.name === cluster);
          const pinned = policy.affinity?.type === "cookie" && who.pins[0]?.cluster === cluster;
          if (one?.weight === 0) expect(pinned && who.nowMs < (one.drainUntilMs ?? 0)).toBe(true);
        }
      }),
      runs,
    );
  });

  it("fails open when everything looks down: all that are not drained are tried (rule 9)", {
    timeout: TIMEOUT_MS,
  }, () => {
    fc.assert(
      fc.property(clusters, policyWithout, asker, (list, policy, who) => {
        const serving = list.filter((one) => one.weight > 0).map((one) => one.name);
        const parts = { down: [...NAMES], expiresAtMs: 1_000_000 };
        const decision = decideWith(tableOf(list, policy), healthOf(parts), {
          request: toShop,
          circumstances: who,
          limit: Infinity,
          trace: null,
        });
        if (serving.length === 0) return;
        expect(decision).toMatchObject({ action: "forward", panic: true });
        expect(clustersOf(decision).toSorted()).toEqual(serving);
      }),
      runs,
    );
  });

  it("never breaks residency: not in a panic, not by a pin, not for an unknown or hidden place (rule 10)", {
    timeout: TIMEOUT_MS,
  }, () => {
    fc.assert(
      fc.property(clusters, policyWithout, residency, health, asker, (list, policy, rule, parts, who) => {
        const { country, anonymous } = who.client.location;
        const known = country !== null && !anonymous;
        const binding = rule.rules.filter((one) => one.from.length === 0 || !known || one.from.includes(country ?? ""));
        const decision = decideWith(tableOf(list, { ...policy, residency: rule }), healthOf(parts), {
          request: toShop,
          circumstances: who,
          limit: Infinity,
          trace: null,
        });
        const mayServe = (one: Cluster) =>
          binding.every((each) => each.within.some((group) => one.residency.includes(group)));
        if (decision.action === "forward") {
          for (const { cluster } of decision.candidates)
            expect(list.filter(mayServe).map((one) => one.name)).toContain(cluster);
        } else if (list.some((one) => one.weight > 0)) {
          expect(decision).toMatchObject({ action: "reject", status: rule.status, code: "residency" });
          expect(list.filter((one) => one.weight > 0 && mayServe(one))).toEqual([]);
        }
      }),
      runs,
    );
  });

  it("does not depend on the order of the input, nor on what was asked before (rule 11)", {
    timeout: TIMEOUT_MS,
  }, () => {
    fc.assert(
      fc.property(
        clusters,
        policyWithout,
        health,
        asker,
        asker,
        fc.integer(),
        (list, policy, parts, who, before, salt) => {
          const view = healthOf(parts);
          const table = tableOf(list, policy);
          decide(table, healthOf(), toShop, before);
          decide(table, view, toShop, before);
          const once = decide(table, view, toShop, who);
          const snapshot = snapshotOf(
            list.toSorted((a, b) => rank(a.name, salt) - rank(b.name, salt)),
            policy,
          );
          const other = decide(buildRoutingTable(snapshot, allPolicies), healthOf(parts), toShop, who);
          expect(clusterList(other)).toEqual(clusterList(once));
          expect(decide(table, view, toShop, who)).toEqual(once);
        },
      ),
      runs,
    );
  });

  it("explains what it decides: the explanation begins with the decision's candidates", { timeout: TIMEOUT_MS }, () => {
    fc.assert(
      fc.property(clusters, policyWithout, health, asker, (list, policy, parts, who) => {
        const [table, view] = [tableOf(list, policy), healthOf(parts)];
        const decision = decide(table, view, toShop, who);
        const explained = explain(table, view, toShop, who);
        const wanted = decision.action === "forward" ? clustersOf(decision) : [];
        expect(explained.candidates.map((one) => one.cluster).slice(0, wanted.length)).toEqual(wanted);
        expect(explained.candidates.length >= wanted.length).toBe(true);
        const listed = [...explained.candidates, ...explained.excluded].map((one) => one.cluster).toSorted();
        expect(listed).toEqual(list.map((one) => one.name));
      }),
      runs,
    );
  });

  it("gives a cluster no client less for more bias or more weight", { timeout: TIMEOUT_MS }, () => {
    fc.assert(
      fc.property(clusters, method, asker, fc.integer({ min: 1, max: 99 }), (list, order, who, more) => {
        const chosen = firstOrNull(decide(tableOf(list, { method: order }), healthOf(), toShop, who));
        if (chosen === null) return;
        const better = list.map((one) =>
          one.name === chosen
            ? { ...one, bias: Math.min(99, one.bias + more), weight: Math.min(1000, one.weight + more) }
            : one,
        );
        expect(firstOrNull(decide(tableOf(better, { method: order }), healthOf(), toShop, who))).toBe(chosen);
      }),
      runs,
    );
  });
});

function rank(text: string, salt: number): number {
  return Math.imul(text.charCodeAt(0) + 1, salt | 1) >>> 0;
}

function clusterList(decision: Decision): unknown {
  return decision.action === "forward"
    ? decision.candidates.map(({ cluster, costUs, panic }) => ({ cluster, costUs, panic }))
    : decision;
}

function firstOrNull(decision: Decision): string | null {
  return decision.action === "forward" ? firstOf(decision) : null;
}
