import { describe, expect, it } from "vitest";
import { packCounts } from "../../src/core/snapshot/backend-counts.ts";
import { packTrips } from "../../src/core/snapshot/round-trips.ts";
import { compile } from "../../src/core/compile/compile.ts";
import { decide } from "../../src/core/decide.ts";
import { type HealthView, healthView, originKey } from "../../src/core/health/view.ts";
import type { Decision } from "../../src/core/decision.ts";
import type { BackendHealth } from "../../src/core/health/model.ts";
import type { ClusterObject } from "../../src/core/objects.ts";
import { allPolicies } from "../../src/core/all-policies.ts";
import { buildRoutingTable, type RoutingTable } from "../../src/core/routing-table.ts";
import { cluster, ingress, observation, rule, service } from "../build/objects.ts";
import { circumstancesAt, FRANKFURT, NEW_YORK, request, TOKYO } from "../build/world.ts";
import { originOf } from "../build/steering.ts";

const PLACES = {
  us: { latitude: 33.2, longitude: -80 },
  eu: { latitude: 50.4, longitude: 3.8 },
  asia: { latitude: 24, longitude: 121 },
} as const;
const KNOWN = healthView(null, new Map());

function world(change: Partial<Record<keyof typeof PLACES, Partial<ClusterObject>>> = {}): RoutingTable {
  const names = Object.keys(PLACES) as (keyof typeof PLACES)[];
  const clusters = names.map((name) => cluster(name, { location: PLACES[name], ...change[name] }));
  const config = observation(null, {
    clusters,
    ingresses: [ingress("shop", { rules: [rule("shop.example.org", "/", "shop")] })],
  });
  const members = names.map((name) => observation(name, { services: [service("shop")] }));
  return buildRoutingTable(
    compile({ config, clusters: members, previous: null, allowPrivateOrigins: false, nowMs: 0 }).snapshot,
    allPolicies,
  );
}

function order(decision: Decision): string[] {
  if (decision.action !== "forward") throw new Error(`not forwarded: ${JSON.stringify(decision)}`);
  return decision.candidates.map((candidate) => candidate.cluster);
}

function ready(...counts: readonly (readonly [string, number])[]): HealthView {
  const backends = counts.map(
    ([name, n]): BackendHealth => ({ cluster: name, service: "default/shop/80", ready: n, total: 2 }),
  );
  return healthView(
    {
      observedAtMs: 0,
      validForMs: 1000,
      clusters: [],
      backends: packCounts(backends),
      origins: [],
      verdicts: [],
      roundTrips: [],
      offered: [],
      events: [],
    },
    new Map(),
  );
}

function ejected(...names: readonly string[]): HealthView {
  const ejection = { sinceMs: 0, untilMs: 1000, count: 1, cause: "refused ×3" };
  return healthView(null, new Map(names.map((name) => [originKey(name, originOf(name)), ejection])));
}

const toShop = request("shop.example.org", "/cart");

describe("decide()", () => {
  it.each([
    ["New York", NEW_YORK, ["us", "eu", "asia"]],
    ["Frankfurt", FRANKFURT, ["eu", "us", "asia"]],
    ["Tokyo", TOKYO, ["asia", "eu", "us"]],
  ])("orders clusters by distance from %s", (_name, place, expected) => {
    expect(order(decide(world(), KNOWN, toShop, circumstancesAt(place)))).toEqual(expected);
  });

  it("spreads clients that nobody can tell apart over equal clusters, by the seed", () => {
    const first = (seed: number) => order(decide(world(), KNOWN, toShop, circumstancesAt(null, { seed })))[0] ?? "";
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 3000; seed += 1) counts.set(first(seed), (counts.get(first(seed)) ?? 0) + 1);
    expect([...counts.keys()].sort()).toEqual(["asia", "eu", "us"]);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  it("prefers a measured round-trip to distance, and forgets it when it is old or thin", () => {
    const trip = (samples: number, observedAtMs: number) =>
      healthView(
        {
          observedAtMs: 0,
          validForMs: 1,
          clusters: [],
          backends: packCounts([]),
          origins: [],
          verdicts: [],
          roundTrips: packTrips([
            { place: "nyc", cluster: "asia", us: 5000, samples, observedAtMs, basis: "measured" },
          ]),
          offered: [],
          events: [],
        },
        new Map(),
      );
    const here = circumstancesAt(NEW_YORK, { vantage: { of: "edge", place: "nyc", point: NEW_YORK }, nowMs: 700_000 });
    expect(order(decide(world(), trip(3, 200_000), toShop, here))[0]).toBe("asia");
    expect(order(decide(world(), trip(2, 200_000), toShop, here))[0]).toBe("us");
    expect(order(decide(world(), trip(3, 0), toShop, here))[0]).toBe("us");
  });

  it("leaves out a cluster without a ready endpoint, and says so", () => {
    const decision = decide(world(), ready(["us", 0], ["eu", 2], ["asia", 2]), toShop, circumstancesAt(NEW_YORK));
    expect(order(decision)).toEqual(["eu", "asia"]);
    expect(decision).toMatchObject({ panic: false, excluded: [{ cluster: "us", code: "not-serving" }] });
  });

  it("takes an expired verdict for unknown, and unknown for available", () => {
    const late = circumstancesAt(NEW_YORK, { nowMs: 1000 });
    expect(order(decide(world(), ready(["us", 0]), toShop, late))[0]).toBe("us");
  });

  it("doubts the checks when most looks down, but tries the healthy first", () => {
    const decision = decide(world(), ejected("us", "eu"), toShop, circumstancesAt(NEW_YORK));
    expect(order(decision)).toEqual(["asia", "us", "eu"]);
    expect(decision).toMatchObject({ panic: true, excluded: [] });
  });

  it("fails open to the nearest when everything looks down", () => {
    const decision = decide(world(), ejected("us", "eu", "asia"), toShop, circumstancesAt(FRANKFURT));
    expect(order(decision)).toEqual(["eu", "us", "asia"]);
  });

  it("keeps a drained cluster out, also in a panic", () => {
    const drained = world({ us: { weight: 0 } });
    expect(order(decide(drained, KNOWN, toShop, circumstancesAt(NEW_YORK)))).toEqual(["eu", "asia"]);
    expect(order(decide(drained, ejected("eu", "asia"), toShop, circumstancesAt(NEW_YORK)))).toEqual(["eu", "asia"]);
  });

  it("spreads clients over clusters in one place, and each client stays", () => {
    const near = world({ eu: { location: { latitude: 33.3, longitude: -80 } } });
    const first = new Map<string, number>();
    for (let index = 0; index < 2000; index += 1) {
      const at = circumstancesAt(NEW_YORK);
      const client = { ...at.client, address: `203.0.${index >> 8}.${index & 255}` };
      const [chosen = ""] = order(decide(near, KNOWN, toShop, { ...at, client }));
      expect(order(decide(near, KNOWN, toShop, { ...at, client, seed: index }))[0]).toBe(chosen);
      first.set(chosen, (first.get(chosen) ?? 0) + 1);
    }
    expect([...first.keys()].sort()).toEqual(["eu", "us"]);
    expect(Math.abs((first.get("us") ?? 0) - 1000)).toBeLessThan(100);
  });

  it.each([
    ["a malformed host", request("shop..example.org", "/"), 400, "bad-host"],
    ["a malformed path", request("shop.example.org", "/%zz"), 400, "bad-path"],
    ["an unknown host", request("other.example.org", "/"), 404, "unknown-host"],
  ])("rejects %s", (_name, facts, status, code) => {
    expect(decide(world(), KNOWN, facts, circumstancesAt(NEW_YORK))).toMatchObject({ action: "reject", status, code });
  });

  it("answers 503 when no cluster may take the request", () => {
    const none = world({ us: { weight: 0 }, eu: { weight: 0 }, asia: { weight: 0 } });
    expect(decide(none, KNOWN, toShop, circumstancesAt(NEW_YORK))).toMatchObject({
      action: "reject",
      status: 503,
      code: "no-backend",
      route: { service: "shop" },
    });
  });

  it("does not depend on the order of clusters in the input", () => {
    const table = world();
    const reversed = buildRoutingTable(
      {
        ...table.snapshot,
        clusters: [...table.snapshot.clusters].reverse(),
        hosts: table.snapshot.hosts.map((host) => ({
          ...host,
          services: host.services.map((one) => ({ ...one, backends: [...one.backends].reverse() })),
        })),
      },
      allPolicies,
    );
    const at = circumstancesAt(NEW_YORK);
    expect(order(decide(reversed, KNOWN, toShop, at))).toEqual(order(decide(table, KNOWN, toShop, at)));
  });
});
