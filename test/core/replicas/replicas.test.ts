import {
  type Arbitrary,
  assert,
  boolean,
  constantFrom,
  dictionary,
  json,
  nat,
  option,
  property,
  record,
  string,
  uniqueArray,
} from "fast-check";
import { describe, expect, it } from "vitest";
import { selectsCluster } from "../../../src/core/replicas/cluster-selector.ts";
import { planReplicas, type ReplicaPlanInput } from "../../../src/core/replicas/planner.ts";
import { EQUAL_SHARES, readPreferences } from "../../../src/core/replicas/preferences.ts";
import { websterShares } from "../../../src/core/replicas/webster.ts";

const NAMES = ["fra", "vie", "nyc", "tyo", "syd"];
const counts = (max: number) => dictionary(constantFrom(...NAMES), nat(max)).map((one) => new Map(Object.entries(one)));
const preference = record({
  minReplicas: nat(20),
  maxReplicas: option(nat(40)),
  weight: nat(10),
});
const anyInput: Arbitrary<ReplicaPlanInput> = record({
  total: nat(200),
  preferences: record({
    rebalance: boolean(),
    clusters: dictionary(constantFrom("*", ...NAMES), preference).map((one) => new Map(Object.entries(one))),
  }),
  clusters: uniqueArray(constantFrom(...NAMES)),
  current: counts(60),
  capacity: counts(60),
  workload: string({ maxLength: 12 }),
  keep: constantFrom("weights", "small-first"),
});
const sum = (list: Iterable<number>) => [...list].reduce((total, one) => total + one, 0);

describe("planReplicas()", () => {
  it("never places more than there are, nor more than fit, in any order of clusters", () => {
    assert(
      property(anyInput, (input) => {
        const { plan } = planReplicas(input);
        expect(sum(plan.values())).toBeLessThanOrEqual(input.total);
        for (const [cluster, count] of plan) {
          expect(count).toBeGreaterThanOrEqual(0);
          expect(count).toBeLessThanOrEqual(input.capacity.get(cluster) ?? Number.POSITIVE_INFINITY);
        }
        const turned = planReplicas({ ...input, clusters: input.clusters.toReversed() });
        expect(Object.fromEntries(turned.plan)).toEqual(Object.fromEntries(plan));
      }),
      { numRuns: 2000 },
    );
  });

  it("places everything where weights and room allow it", () => {
    assert(
      property(nat(500), uniqueArray(constantFrom(...NAMES), { minLength: 1 }), (total, clusters) => {
        const { plan } = planReplicas({ ...empty, total, clusters });
        expect(sum(plan.values())).toBe(total);
      }),
    );
  });

  it("keeps 10 of 10 and 40 of 70 running when 50 may stay, where upstream kept 0 and 50 (kubernetes#31816)", () => {
    const input = {
      ...empty,
      workload: "",
      total: 50,
      clusters: ["A", "B"],
      current: new Map([
        ["A", 10],
        ["B", 70],
      ]),
    };
    expect(Object.fromEntries(planReplicas({ ...input, keep: "weights" }).plan)).toEqual({ A: 0, B: 50 });
    expect(Object.fromEntries(planReplicas({ ...input, keep: "small-first" }).plan)).toEqual({ A: 10, B: 40 });
  });
});

const empty: ReplicaPlanInput = {
  total: 0,
  preferences: EQUAL_SHARES,
  clusters: [],
  current: new Map(),
  capacity: new Map(),
  workload: "shop/web",
  keep: "weights",
};

describe("websterShares()", () => {
  it("gives out everything, and one more never takes one away from anybody", () => {
    const weights = counts(1000).filter((one) => one.size > 0);
    assert(
      property(weights, nat(100), (shares, count) => {
        const less = websterShares(count, shares, new Map()) ?? new Map();
        const more = websterShares(count + 1, shares, new Map()) ?? new Map();
        expect(sum(less.values())).toBe(count);
        for (const [name, seats] of less) expect(more.get(name)).toBeGreaterThanOrEqual(seats);
      }),
    );
  });

  it("compares weights that no float can tell apart", () => {
    const weights = new Map([
      ["b", Number.MAX_SAFE_INTEGER],
      ["a", Number.MAX_SAFE_INTEGER - 1],
    ]);
    expect(
      Object.fromEntries(
        websterShares(
          2,
          weights,
          new Map([
            ["b", 1],
            ["a", 1],
          ]),
        ) ?? [],
      ),
    ).toEqual({ a: 2, b: 2 });
    expect(
      Object.fromEntries(
        websterShares(
          1,
          weights,
          new Map([
            ["b", 1],
            ["a", 1],
          ]),
        ) ?? [],
      ),
    ).toEqual({ a: 1, b: 2 });
  });
});

describe("readPreferences()", () => {
  it.each(["", "[]", "1", '{"clusters":[]}', '{"clusters":{"a":{"weight":"2"}}}', '{"rebalance":"yes"}'])(
    "refuses %j",
    (text) => {
      expect(readPreferences(text).ok).toBe(false);
    },
  );

  it("is total", () => {
    assert(property(json(), (text) => typeof readPreferences(text).ok === "boolean"));
  });
});

describe("selectsCluster()", () => {
  const labels = { location: "europe", version: "15", "example.org/tier": "gold" };
  const of = (key: string, operator: string, ...values: string[]) => JSON.stringify([{ key, operator, values }]);

  it.each([
    [of("location", "in", "europe", "asia"), true],
    [of("location", "NotIn", "europe"), false],
    [of("nowhere", "notin", "europe"), true],
    [of("nowhere", "!="), null],
    [of("nowhere", "!=", "x"), true],
    [of("location", "exists"), true],
    [of("location", "exists", "europe"), null],
    [of("nowhere", "!"), true],
    [of("location", "DoesNotExist"), false],
    [of("version", ">", "14"), true],
    [of("version", "Lt", "15"), false],
    [of("version", "<", "x"), null],
    [of("location", ">", "1"), false],
    [of("nowhere", "gt", "1"), false],
    [of("location", "="), null],
    [of("location", "==", "a", "b"), null],
    [of("location", "in"), null],
    [of("example.org/tier", "=", "gold"), true],
    [of("no key!", "exists"), null],
    [of("location", "toString"), null],
    ["", null],
    ["null", true],
  ])("%s selects: %j", (annotation, expected) => {
    const result = selectsCluster(annotation, labels);
    expect(result.ok ? result.isSelected : null).toBe(expected);
  });
});
