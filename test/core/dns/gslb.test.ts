import { describe, expect, it } from "vitest";
import { compile } from "../../../src/core/compile/compile.ts";
import { readGslb } from "../../../src/core/dns/gslb/declared.ts";
import { gslbTargets } from "../../../src/core/dns/gslb/strategy.ts";
import { weightProblem, weightedAnswer } from "../../../src/core/dns/gslb/weights.ts";
import { allPolicies } from "../../../src/core/all-policies.ts";
import { decide } from "../../../src/core/decide.ts";
import { healthView } from "../../../src/core/health/view.ts";
import { buildRoutingTable } from "../../../src/core/routing-table.ts";
import { cluster, ingress, observation, rule, service } from "../../build/objects.ts";
import { client } from "../../build/steering.ts";
import { request } from "../../build/world.ts";

/** Three clusters with the service `shop`; the Ingress says what is annotated. */
function firstOf(annotations: Record<string, string>, down: readonly string[], number = 1): string {
  const names = ["eu", "us", "za"];
  const locations = [50, 33, -26].map((latitude, index) => ({ latitude, longitude: [4, -80, 28][index] ?? 0 }));
  const { snapshot } = compile({
    config: observation(null, {
      clusters: names.map((name, index) => cluster(name, { location: locations[index] ?? null })),
      ingresses: [ingress("shop", { meta: { annotations }, rules: [rule("shop.example.org", "/", "shop")] })],
    }),
    clusters: names.map((name) => observation(name, { services: [service("shop")] })),
    previous: null,
    allowPrivateOrigins: true,
    nowMs: 0,
  });
  const table = buildRoutingTable(snapshot, allPolicies);
  const health = healthView(null, new Map(), new Map(down.map((name) => [name, "a test says so"])));
  const nearEurope = client(number, { point: { latitude: 48.9, longitude: 2.3 } });
  const decision = decide(table, health, request("shop.example.org", "/"), nearEurope);
  return decision.action === "forward" ? (decision.candidates[0]?.cluster ?? "") : decision.action;
}

const failover = (primary: string) => ({ "k8gb.io/strategy": "failover", "k8gb.io/primary-geotag": primary });

describe("k8gb's annotations", () => {
  it("failover prefers the primary wherever the client is, and the nearest of the rest", () => {
    expect(firstOf(failover("us"), [])).toBe("us");
    expect(firstOf(failover("us"), ["us"])).toBe("eu");
    expect(firstOf(failover("us"), ["us", "eu"])).toBe("za");
    // Where k8gb has no record at all.
    expect(firstOf(failover("us"), ["us", "eu", "za"])).toBe("us");
  });

  it("geoip is the nearest cluster, and roundRobin divides clients evenly", () => {
    expect(firstOf({ "k8gb.io/strategy": "geoip" }, [])).toBe("eu");
    const shares = new Map<string, number>();
    for (let number = 0; number < 600; number += 1) {
      const first = firstOf({ "k8gb.io/strategy": "roundRobin" }, [], number);
      shares.set(first, (shares.get(first) ?? 0) + 1);
    }
    for (const name of ["eu", "us", "za"]) expect(shares.get(name) ?? 0).toBeGreaterThan(150);
  });

  it("yield to our own", () => {
    expect(firstOf({ ...failover("us"), "portolan.dev/steering": "nearest" }, [])).toBe("eu");
  });

  it.each([
    [{ "k8gb.io/strategy": "manual" }, 'the strategy "manual" is none of roundRobin, failover, geoip'],
    [{ "k8gb.io/strategy": "failover" }, "failover needs k8gb.io/primary-geotag"],
    [{ "k8gb.io/strategy": "geoip", "k8gb.io/dns-ttl-seconds": "soon" }, 'the TTL "soon" is not seconds'],
    [{}, null],
  ])("readGslb() refuses %j", (annotations, reason) => {
    expect(readGslb(annotations as Record<string, string>)).toEqual({ ok: false, reason });
  });
});

describe("gslbTargets()", () => {
  it("takes IPv6 addresses like others, each once", () => {
    const peers = new Map([["us", ["2001:db8::2", "192.0.2.2"]]]);
    const view = { strategy: "roundRobin", cluster: "eu", primaryGeoTag: null, own: ["192.0.2.2"], peers } as const;
    expect(gslbTargets(view)).toEqual(["192.0.2.2", "2001:db8::2"]);
  });
});

describe("weights", () => {
  it("reads tags with hyphens, and refuses numbers that are none", () => {
    const labels = new Map([
      ["strategy", "roundRobin"],
      ["weight-eu-west-1-0-5", "192.0.2.1"],
    ]);
    expect(weightedAnswer(["192.0.2.1"], labels, 1)).toEqual({ ok: true, addresses: ["192.0.2.1"], isWeighted: true });
    for (const bad of ["weight-eu-0-1001", "weight--0-5", "weight-eu-x-5", "weight-eu-0--5", "weight-eu-0-1.5"]) {
      expect(weightedAnswer([], new Map([[bad, "192.0.2.1"]]), 1), bad).toMatchObject({ ok: false });
    }
    expect(weightProblem("eu", 1001)).toContain("0 to 1000");
    expect(weightProblem("eu west", 1)).toContain("eu west");
    expect(weightProblem("eu-west-1", 0)).toBeNull();
  });
});
