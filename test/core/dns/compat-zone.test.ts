import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CompatRegistry } from "../../../src/core/dns/compat-registry.ts";
import { type CompatZoneInput, planCompatZone } from "../../../src/core/dns/compat-zone.ts";
import { EVERY_NAME } from "../../../src/core/dns/domain-filter.ts";
import { endpointOf, recordSetOf } from "../../../src/core/dns/endpoint-set.ts";
import { plainSet, type RecordSet, type RoutingPolicy } from "../../../src/core/dns/records.ts";
import { a, applied, cname, shown, txt, wish, ZONE } from "./zone.ts";

const WEB = "web.example.org";
const registry: CompatRegistry = {
  format: { prefix: "", suffix: "", wildcardReplacement: "any" },
  ownerId: "east",
  oldOwnerId: "",
  managedTypes: ["A", "AAAA", "CNAME"],
  excludedTypes: [],
};

function input(some: Partial<CompatZoneInput>): CompatZoneInput {
  return {
    zone: ZONE,
    current: [],
    desired: [],
    registry,
    policy: "sync",
    filter: EVERY_NAME,
    ttlSeconds: 300,
    ...some,
  };
}

/** Upserts overwrite; everything else is conditional. */
function run(some: Partial<CompatZoneInput>): readonly RecordSet[] {
  const plan = planCompatZone(input(some));
  expect(plan.conflicts).toEqual([]);
  return plan.changes.reduce((zone: readonly RecordSet[], change) => {
    const next = applied(zone, change.action === "upsert" ? { ...change, action: "replace" } : change);
    if (next === null) throw new Error(`the condition of "${change.name}" does not hold`);
    return next;
  }, some.current ?? []);
}

describe("planCompatZone()", () => {
  it("writes what external-dns writes: the record and its TXT, in one change", () => {
    const plan = planCompatZone(input({ desired: [wish(a(WEB, "192.0.2.1"), "ingress/shop/web")] }));
    expect(plan.changes.length).toBe(1);
    expect(shown(plan.changes[0]?.after ?? [])).toEqual(
      shown([
        a(WEB, "192.0.2.1"),
        plainSet(
          `a-${WEB}`,
          "TXT",
          ['"heritage=external-dns,external-dns/owner=east,external-dns/resource=ingress/shop/web"'],
          300,
        ),
      ]),
    );
  });

  it("takes over an external-dns zone without a single change, and gives it back", () => {
    const current = [
      a(WEB, "192.0.2.1"),
      txt(`a-${WEB}`, "heritage=external-dns,external-dns/owner=east,external-dns/resource=ingress/shop/web"),
    ];
    expect(
      planCompatZone(input({ current, desired: [wish(a(WEB, "192.0.2.1"), "ingress/shop/web")] })).changes,
    ).toEqual([]);
    expect(run({ current })).toEqual([]);
  });

  it("turns a CNAME into addresses in one change", () => {
    const current = run({ desired: [wish(cname(WEB, "lb.example.net"))] });
    const plan = planCompatZone(input({ current, desired: [wish(a(WEB, "192.0.2.1"))] }));
    expect(plan.changes.map((change) => change.action)).toEqual(["replace"]);
    const zone = run({ current, desired: [wish(a(WEB, "192.0.2.1"))] });
    expect(zone.map((set) => `${set.type} ${set.name}`).sort()).toEqual([`A ${WEB}`, `TXT a-${WEB}`]);
  });

  it("is quiet once it has written, and leaves nothing behind", () => {
    const set = fc
      .tuple(fc.constantFrom(WEB, "*.example.org", "api.example.org"), fc.integer({ min: 1, max: 9 }))
      .map(([name, host]) => a(name, `192.0.2.${host}`));
    const foreign = [a("mail.example.org", "203.0.113.1"), txt(WEB, "v=spf1 -all")];
    fc.assert(
      fc.property(
        fc.uniqueArray(set, { selector: (one) => one.name }),
        fc.uniqueArray(set, { selector: (one) => one.name }),
        (first, second) => {
          const desired = second.map((one) => wish(one));
          let zone = run({ current: foreign, desired: first.map((one) => wish(one)) });
          zone = run({ current: zone, desired });
          expect(planCompatZone(input({ current: zone, desired })).changes).toEqual([]);
          expect(shown(run({ current: zone }))).toEqual(shown(foreign));
        },
      ),
    );
  });
});

describe("endpointOf() and recordSetOf()", () => {
  const policies: readonly RoutingPolicy[] = [
    { type: "weighted", weight: 7 },
    { type: "latency", region: "eu-west-1" },
    { type: "failover", role: "secondary" },
    { type: "multivalue" },
    { type: "geolocation", continent: "EU", country: null, subdivision: null },
    { type: "geolocation", continent: null, country: "US", subdivision: "CA" },
    { type: "geolocation", continent: null, country: null, subdivision: null },
    { type: "geoproximity", region: "us-east-1", point: null, bias: -10 },
    { type: "geoproximity", region: null, point: { latitude: 50.11, longitude: 8.68 }, bias: 0 },
  ];

  it.each(policies)("keep $type", (policy) => {
    const set: RecordSet = { ...a(WEB, "192.0.2.1"), policy, setIdentifier: "one", healthCheckId: "hc-1" };
    expect(recordSetOf(endpointOf(set), 300)).toEqual(set);
  });

  it("keep aliases, properties and TXT data", () => {
    const alias = { name: "lb.example.net", zoneId: "Z9", evaluateTargetHealth: true };
    const aliased: RecordSet = { ...a(WEB), ttlSeconds: null, alias };
    expect(recordSetOf(endpointOf(aliased), 300)).toEqual(aliased);
    const proxied: RecordSet = { ...txt(WEB, "x y"), properties: [{ name: "cloudflare-proxied", value: "true" }] };
    expect(recordSetOf(endpointOf(proxied), 300)).toEqual(proxied);
  });

  it("refuse what makes no sense", () => {
    const endpoint = { ...endpointOf(a(WEB, "192.0.2.1")), setIdentifier: "one" };
    expect(recordSetOf(endpoint, 300)).toBeNull();
    expect(recordSetOf({ ...endpoint, providerSpecific: [{ name: "aws/failover", value: "MAYBE" }] }, 300)).toBeNull();
    expect(recordSetOf({ ...endpoint, setIdentifier: "", dnsName: "a..b" }, 300)).toBeNull();
  });
});
