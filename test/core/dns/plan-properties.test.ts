import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deadEnd, stateOf } from "../../../src/core/dns/liveness.ts";
import { planZone } from "../../../src/core/dns/plan.ts";
import { type DesiredSet, type DnsCapabilities, plainSet, type RecordSet } from "../../../src/core/dns/records.ts";
import { subjectOfRegistry } from "../../../src/core/dns/registry.ts";
import { a, applied, appliedAll, cname, EVERYTHING, planInput, shown, txt, wish, ZONE } from "./zone.ts";

const NAMES = ["web", "api", "shop", "web.eu", "*.apps", "blue"].map((label) => `${label}.example.org`);
const name = fc.constantFrom(...NAMES);
const resource = fc.constantFrom("service/a/web", "service/b/web", "ingress/a/shop");
const addresses = fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 });

const weighted = fc.tuple(name, fc.constantFrom("fra", "iad"), fc.integer({ min: 0, max: 255 }), addresses).map(
  ([at, setIdentifier, weight, hosts]): RecordSet => ({
    ...a(at, ...hosts.map((host) => `192.0.2.${host}`)),
    setIdentifier,
    policy: { type: "weighted", weight },
  }),
);

const set: fc.Arbitrary<RecordSet> = fc.oneof(
  fc.tuple(name, addresses).map(([at, hosts]) => a(at, ...hosts.map((host) => `192.0.2.${host}`))),
  fc.tuple(name, addresses).map(([at, hosts]) =>
    plainSet(
      at,
      "AAAA",
      hosts.map((host) => `2001:db8::${host}`),
      60,
    ),
  ),
  fc.tuple(name, fc.constantFrom("lb.example.net", "elb.example.com")).map(([at, target]) => cname(at, target)),
  weighted,
);

/** Lawful wishes: at most one kind of set per name, so that whatever is planned has to come about exactly. */
const lawfulWishes: fc.Arbitrary<readonly DesiredSet[]> = fc
  .array(fc.tuple(set, resource), { maxLength: 8 })
  .map((pairs) => {
    const kinds = new Map<string, string>();
    const kindOf = (one: RecordSet): string => (one.type === "CNAME" ? "name" : (one.policy?.type ?? "plain"));
    return pairs.flatMap(([one, by]) => {
      const key =
        one.setIdentifier === null && one.type !== "CNAME" ? one.name : `${one.name} ${one.type} ${one.setIdentifier}`;
      const kind = kinds.get(one.name) ?? kindOf(one);
      if (kind !== kindOf(one) || (kind !== "plain" && kinds.has(key))) return [];
      kinds.set(one.name, kind);
      kinds.set(key, kind);
      return [wish(one, by)];
    });
  });

/** Any wishes at all: unlawful together, over every name. */
const anyWishes: fc.Arbitrary<readonly DesiredSet[]> = fc
  .array(fc.tuple(set, resource), { maxLength: 10 })
  .map((pairs) => pairs.map(([one, by]) => wish(one, by)));

const foreignRecords: readonly RecordSet[] = [
  plainSet("example.org", "NS", ["ns1.example.net"], 3600),
  txt("web.example.org", "v=spf1 -all"),
  a("mail.example.org", "203.0.113.9"),
  cname("docs.example.org", "hosting.example.net"),
  a("blue.example.org", "203.0.113.10"),
];

function zoneWith(
  owner: string,
  desired: readonly DesiredSet[],
  start: readonly RecordSet[] = [],
): readonly RecordSet[] {
  return appliedAll(start, planZone(planInput({ owner, desired, current: start })).changes);
}

/** The records people see: without ownership TXTs. */
function visible(zone: readonly RecordSet[]): readonly RecordSet[] {
  return zone.filter((one) => subjectOfRegistry(one.name) === null);
}

describe("planZone() properties", () => {
  it("diff, then apply, gives the target, from any state of ours", () => {
    fc.assert(
      fc.property(anyWishes, lawfulWishes, (before, after) => {
        const zone = zoneWith("east", after, zoneWith("east", before));
        expect(shown(visible(zone))).toEqual(shown(visible(zoneWith("east", after))));
        for (const one of after) expect(zone.some((standing) => standing.name === one.set.name)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("a zone that is as wanted needs no change", () => {
    fc.assert(
      fc.property(anyWishes, (desired) => {
        const zone = zoneWith("east", desired, foreignRecords);
        expect(planZone(planInput({ desired, current: zone })).changes).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it("foreign records stay byte for byte, whatever is wanted and whatever was ours", () => {
    fc.assert(
      fc.property(
        anyWishes,
        anyWishes,
        fc.constantFrom("sync", "upsert-only", "create-only"),
        (first, second, policy) => {
          let zone = zoneWith("east", first, foreignRecords);
          zone = appliedAll(zone, planZone(planInput({ desired: second, current: zone, policy })).changes);
          zone = zoneWith("east", [], zone);
          expect(shown(zone)).toEqual(shown(foreignRecords));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("the order of inputs never matters", () => {
    fc.assert(
      fc.property(anyWishes, anyWishes, fc.integer(), (first, second, seed) => {
        const zone = zoneWith("west", [], zoneWith("east", first, foreignRecords));
        const shuffle = <T>(list: readonly T[]): T[] =>
          list
            .map((item, index) => ({ item, key: Math.imul(seed ^ (index * 2_654_435_761), 2_246_822_519) }))
            .sort((x, y) => x.key - y.key)
            .map(({ item }) => item);
        const plan = planZone(planInput({ desired: second, current: zone }));
        expect(planZone(planInput({ desired: shuffle(second), current: shuffle(zone) }))).toEqual(plan);
      }),
      { numRuns: 500 },
    );
  });
});

/** A chain inside the zone, as federated Services have: each level is addresses or points to the next. */
const LEVELS = ["z1.eu", "eu", "us", "all"].map((label) => `${label}.svc.example.org`);
const chain: fc.Arbitrary<readonly DesiredSet[]> = fc
  .tuple(fc.boolean(), fc.boolean(), fc.boolean(), addresses)
  .map(([zoneIsUp, euIsUp, usIsUp, hosts]) => {
    const [zone = "", eu = "", us = "", all = ""] = LEVELS;
    const ips = hosts.map((host) => `192.0.2.${host}`);
    return [
      wish(zoneIsUp ? a(zone, ...ips) : cname(zone, eu)),
      wish(euIsUp ? a(eu, ...ips) : cname(eu, all)),
      wish(usIsUp ? a(us, ...ips) : cname(us, all)),
      wish(a(all, ...ips)),
    ];
  });

describe("make before break", () => {
  const atomicities: DnsCapabilities[] = [EVERYTHING, { ...EVERYTHING, atomicity: "record-set" }];

  it.each(atomicities)("no name wanted before and after is empty at any prefix ($atomicity)", (capabilities) => {
    fc.assert(
      fc.property(fc.oneof(chain, anyWishes), fc.oneof(chain, anyWishes), (first, second) => {
        let zone = zoneWith("east", first, foreignRecords);
        const plan = planZone(planInput({ desired: second, current: zone, capabilities }));
        const wanted = new Set(second.map((one) => one.set.name));
        const live = [...stateOf(zone).keys()].filter(
          (one) => wanted.has(one) && deadEnd(one, stateOf(zone), ZONE.name) === null,
        );
        for (const change of plan.changes) {
          const next = applied(zone, change);
          if (next === null) throw new Error("a condition does not hold");
          zone = next;
          for (const one of live) expect(deadEnd(one, stateOf(zone), ZONE.name), one).toBeNull();
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("two writers", () => {
  it("any interleaving ends lawful, with both satisfied or told", () => {
    const interleaving = fc.array(fc.boolean(), { minLength: 40, maxLength: 40 });
    fc.assert(
      fc.property(anyWishes, anyWishes, interleaving, (east, west, turns) => {
        let zone: readonly RecordSet[] = foreignRecords;
        const writers = [
          { owner: "east", desired: east, queue: [] as ReturnType<typeof planZone>["changes"][number][] },
          { owner: "west", desired: west, queue: [] as ReturnType<typeof planZone>["changes"][number][] },
        ];
        // Each turn one writer does one step: a write of its last plan, or a new look at the zone.
        for (const turn of turns) {
          const writer = writers[turn ? 0 : 1];
          if (writer === undefined) continue;
          const change = writer.queue.shift();
          if (change !== undefined) zone = applied(zone, change) ?? zone;
          else writer.queue.push(...planZone(planInput({ ...writer, current: zone })).changes);
        }
        for (let round = 0; round < 4; round += 1) {
          for (const { owner, desired } of writers) zone = zoneWith(owner, desired, zone);
        }
        for (const { owner, desired } of writers) {
          const plan = planZone(planInput({ owner, desired, current: zone }));
          expect(plan.changes).toEqual([]);
          for (const one of desired) {
            const isTold = plan.conflicts.some((conflict) => conflict.name === one.set.name);
            const standing = zone.find(
              (s) => s.name === one.set.name && s.type === one.set.type && s.setIdentifier === one.set.setIdentifier,
            );
            const isThere = one.set.values.every((value) => standing?.values.includes(value));
            expect(isThere || isTold, `${owner} ${JSON.stringify(one.set)}`).toBe(true);
          }
        }
        expect(shown(zone)).toEqual(expect.arrayContaining(shown(foreignRecords)));
        // When both leave, nothing stays behind.
        for (const { owner } of writers) zone = zoneWith(owner, [], zone);
        expect(shown(zone)).toEqual(shown(foreignRecords));
      }),
      { numRuns: 150 },
    );
  });
});
