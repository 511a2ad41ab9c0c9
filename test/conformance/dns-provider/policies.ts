import { expect } from "vitest";
import type { RecordSet, RoutingPolicy } from "../../../src/core/dns/records.ts";
import { create, recordSet, remove, replace, weighted, withPolicy } from "../../build/dns.ts";
import type { Register } from "../dns-provider.ts";
import { apply, applied, records, sorted, statuses } from "./read.ts";

const NAME = "geo.example.org";
const place = { continent: null, country: null, subdivision: null };

/** At least one set of every policy, and of every shape that one has. */
const POLICIES: Readonly<Record<Exclude<RoutingPolicy["type"], "opaque">, readonly RecordSet[]>> = {
  weighted: [weighted(NAME, "blue", 10, "192.0.2.1"), weighted(NAME, "green", 0, "192.0.2.2")],
  latency: [
    withPolicy(NAME, "frankfurt", { type: "latency", region: "eu-central-1" }, "192.0.2.1"),
    withPolicy(NAME, "virginia", { type: "latency", region: "us-east-1" }, "192.0.2.2"),
  ],
  geolocation: [
    withPolicy(NAME, "all", { type: "geolocation", ...place }, "192.0.2.1"),
    withPolicy(NAME, "eu", { type: "geolocation", ...place, continent: "EU" }, "192.0.2.2"),
    withPolicy(NAME, "jp", { type: "geolocation", ...place, country: "JP" }, "192.0.2.3"),
    withPolicy(NAME, "us-ca", { type: "geolocation", ...place, country: "US", subdivision: "CA" }, "192.0.2.4"),
  ],
  geoproximity: [
    withPolicy(NAME, "aws", { type: "geoproximity", region: "eu-west-1", point: null, bias: 0 }, "192.0.2.1"),
    withPolicy(
      NAME,
      "tokyo",
      { type: "geoproximity", region: null, point: { latitude: 35.68, longitude: 139.69 }, bias: -20 },
      "192.0.2.2",
    ),
  ],
  failover: [
    withPolicy(NAME, "first", { type: "failover", role: "primary" }, "192.0.2.1"),
    withPolicy(NAME, "second", { type: "failover", role: "secondary" }, "192.0.2.2"),
  ],
  multivalue: [
    withPolicy(NAME, "one", { type: "multivalue" }, "192.0.2.1"),
    withPolicy(NAME, "two", { type: "multivalue" }, "192.0.2.2"),
  ],
};

export function policyTests(test: Register): void {
  for (const [policy, sets] of Object.entries(POLICIES)) {
    test(`gives back ${policy} sets as they were written`, async (dns) => {
      expect(dns.provider.capabilities.policies).toContain(policy);
      await applied(dns, ...sets.map((set) => create(set)));
      expect(await records(dns)).toEqual(sorted(...sets));
    });
  }

  test("keeps sets of one name apart by their identifier", async (dns) => {
    const [blue, green, red] = ["blue", "green", "red"].map((id, index) =>
      weighted(NAME, id, 10, `192.0.2.${index + 1}`),
    ) as [RecordSet, RecordSet, RecordSet];
    await applied(dns, create(blue), create(green), create(red));
    const heavier = weighted(NAME, "green", 90, "192.0.2.2");
    await applied(dns, replace([green], [heavier]), remove(red));
    expect(await records(dns)).toEqual(sorted(blue, heavier));
  });

  test("does not replace a weighted set that somebody else changed", async (dns) => {
    const old = weighted(NAME, "blue", 10, "192.0.2.1");
    await dns.seed([weighted(NAME, "blue", 20, "192.0.2.1"), weighted(NAME, "green", 10, "192.0.2.2")]);
    const outcomes = await apply(dns, replace([old], [weighted(NAME, "blue", 30, "192.0.2.1")]));
    expect(statuses(outcomes)).toEqual(["overtaken"]);
  });

  test("refuses a simple set beside weighted ones", async (dns) => {
    const blue = weighted(NAME, "blue", 10, "192.0.2.1");
    await dns.seed([blue]);
    const ok = recordSet("ok.example.org", "A", ["192.0.2.1"]);
    const outcomes = await apply(dns, create(recordSet(NAME, "A", ["192.0.2.9"])), create(ok));
    expect(statuses(outcomes)).toEqual(["refused", "applied"]);
    expect(await records(dns)).toEqual(sorted(blue, ok));
  });

  test("lists 90 sets of one name whole", async (dns) => {
    const many = Array.from({ length: 90 }, (_, index) => weighted(NAME, `set ${index}`, 1, `192.0.2.${index}`));
    await applied(dns, ...many.map((set) => create(set)));
    expect(await records(dns)).toEqual(sorted(...many));
  });

  test("gives back an alias as it was written", async (dns) => {
    expect(dns.provider.capabilities.alias).toBe(true);
    const target = { name: "edge.example.org", zoneId: dns.zone.id, evaluateTargetHealth: true };
    const alias = recordSet("example.org", "A", [], { ttlSeconds: null, alias: target });
    await applied(dns, create(recordSet("edge.example.org", "A", ["192.0.2.1"])), create(alias));
    expect((await records(dns)).filter((set) => set.name === "example.org")).toEqual([alias]);
  });
}
