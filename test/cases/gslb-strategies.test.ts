import { describe, expect, it } from "vitest";
import { type Gslb, gslbAfter, readGslb } from "../../src/core/dns/gslb/declared.ts";
import { type FieldPath, geoMatches, geoTargets } from "../../src/core/dns/gslb/geo.ts";
import { hostHealth, serviceHealth } from "../../src/core/dns/gslb/health.ts";
import type { GslbStrategy } from "../../src/core/dns/gslb/strategy.ts";
import { weightLabels, weightedAnswer } from "../../src/core/dns/gslb/weights.ts";
import { type HealthInput, healthOf, publishedBy, type StrategyInput } from "./gslb-world.ts";
import { sharedCases } from "./shared.ts";

interface Group {
  readonly weight: number;
  readonly ips: readonly string[];
}
interface Cases {
  readonly geoDatabase: Record<string, unknown>;
  readonly strategyCases: { id: string; input: StrategyInput; expect: { targets: string[]; record: string } }[];
  readonly sequences: { id: string; steps: Record<string, unknown>[] }[];
  readonly healthCases: { id: string; input: HealthInput; expect: unknown }[];
  readonly weightLabelCases: {
    id: string;
    input: {
      strategy?: GslbStrategy;
      weights: Record<string, number>;
      targetsByCluster: Record<string, string[]>;
    };
    expect: { labels: Record<string, string> };
  }[];
  readonly geoCases: {
    id: string;
    input: { clientIP: string; targets: string[]; fieldPaths: FieldPath[]; databaseConfigured: boolean };
    expect: { matches: string[]; servedToClient: string[] | "all targets" };
  }[];
  readonly weightedAnswerProperties: { id: string }[];
}

const cases = sharedCases<Cases>("gslb_strategies.json");
/** The sequences that are told in words: what is told is played here, and a new one has to be played too. */
const IPS: Record<string, readonly string[]> = {
  eu: ["172.18.0.3", "172.18.0.4"],
  us: ["172.18.0.5", "172.18.0.6"],
};

describe("gslb_strategies.json: strategies", () => {
  it.each(cases.strategyCases)("$id", ({ input, expect: expected }) => {
    const targets = publishedBy(input);
    expect(targets).toEqual(expected.targets.toSorted());
    expect(targets.length === 0 ? "none (NXDOMAIN)" : "A").toBe(expected.record);
  });
});

describe("gslb_strategies.json: health", () => {
  it.each(cases.healthCases)("$id", ({ input, expect: expected }) => {
    expect(healthOf(input)).toEqual(expected);
  });
});

describe("gslb_strategies.json: labels of weights", () => {
  it.each(cases.weightLabelCases)("$id", ({ input, expect: expected }) => {
    const labels = weightLabels({
      strategy: input.strategy ?? "roundRobin",
      weights: new Map(Object.entries(input.weights)),
      targets: new Map(Object.entries(input.targetsByCluster)),
    });
    expect(Object.fromEntries(labels)).toEqual(expected.labels);
  });
});

describe("gslb_strategies.json: places", () => {
  it.each(cases.geoCases)("$id", ({ input, expect: expected }) => {
    const database = new Map(Object.entries(cases.geoDatabase));
    const { clientIP: client, targets, fieldPaths: paths } = input;
    const question = {
      client,
      targets,
      paths,
      recordOf: input.databaseConfigured ? (address: string) => database.get(address) : null,
    };
    expect(geoMatches(question)).toEqual(expected.matches);
    const served = expected.servedToClient === "all targets" ? targets : expected.servedToClient;
    expect(geoTargets(question)).toEqual(served);
  });
});

/** What a group of two weights answers 1,000 times. */
function answers(groups: Record<string, Group>): (readonly string[])[] {
  const targets = new Map(Object.entries(groups).map(([tag, { ips }]) => [tag, ips]));
  const weights = new Map(Object.entries(groups).map(([tag, { weight }]) => [tag, weight]));
  const labels = weightLabels({ strategy: "roundRobin", weights, targets });
  return Array.from({ length: 1000 }, (_, seed) => {
    const answer = weightedAnswer([...targets.values()].flat(), labels, seed);
    if (!answer.ok) throw new Error(answer.reason);
    expect(answer.isWeighted).toBe(true);
    return answer.addresses;
  });
}

const eu = (weight: number): Group => ({ weight, ips: IPS.eu ?? [] });
const us = (weight: number): Group => ({ weight, ips: IPS.us ?? [] });
const isOf = (group: Group, address: string | undefined): boolean => group.ips.includes(address ?? "");
const all = [...eu(1).ips, ...us(1).ips];

function unweighted(addresses: readonly string[], labels: Record<string, string>): void {
  const answer = weightedAnswer(addresses, new Map(Object.entries(labels)), 7);
  expect(answer).toMatchObject({ ok: true, isWeighted: false });
  expect(answer.ok ? answer.addresses.toSorted() : null).toEqual(addresses.toSorted());
}

const WEIGHTED: Record<string, () => void> = {
  "wrr/equal-5-5": () => {
    const found = answers({ eu: eu(5), us: us(5) });
    for (const one of found) expect(one.toSorted()).toEqual(all);
    const first = found.filter((one) => isOf(eu(5), one[0])).length;
    expect(Math.abs(first - (1000 - first))).toBeLessThan(150);
    // A group stays together.
    for (const one of found) expect(isOf(eu(5), one[0])).toBe(isOf(eu(5), one[1]));
  },
  "wrr/eu-0-us-1": () => {
    for (const one of answers({ eu: eu(0), us: us(1) })) {
      expect(one.slice(0, 2).toSorted()).toEqual(us(1).ips);
      expect(one.slice(2).toSorted()).toEqual(eu(0).ips);
    }
  },
  "wrr/eu-0-only": () => {
    for (const one of answers({ eu: eu(0) })) expect(one.toSorted()).toEqual(eu(0).ips);
  },
  "wrr/eu-1-us-4": () => {
    const found = answers({ eu: eu(1), us: us(4) });
    const score = (group: Group) =>
      found.reduce((sum, one) => sum + one.reduce((own, ip, at) => own + (isOf(group, ip) ? 3 - at : 0), 0), 0);
    expect(score(us(4))).toBeGreaterThan(4000);
    expect(score(eu(1))).toBeLessThan(2000);
  },
  "wrr/no-labels": () => unweighted(all, {}),
  "wrr/no-labels-no-targets": () => unweighted([], {}),
  "wrr/fewer-labels-than-targets": () => unweighted(all, { strategy: "roundRobin", "weight-eu-0-5": "172.18.0.3" }),
  "wrr/labels-do-not-match-targets": () =>
    unweighted(["172.18.0.3"], { strategy: "roundRobin", "weight-eu-0-5": "192.0.2.1" }),
  "wrr/unknown-strategy": () => unweighted(all, { strategy: "manual" }),
  "wrr/malformed-label": () =>
    expect(weightedAnswer(all, new Map([["weight-0-eu", "172.18.0.3"]]), 1)).toMatchObject({ ok: false }),
};

describe("gslb_strategies.json: weighted answers", () => {
  it.each(cases.weightedAnswerProperties)("$id", ({ id }) => {
    const check = WEIGHTED[id];
    if (check === undefined) throw new Error(`Cannot check "${id}": nobody wrote down what it means`);
    check();
  });
});

const ADDRESSES: Record<string, readonly string[]> = Object.fromEntries(
  "eu us cz af ru ap uk ca c1 c2".split(" ").map((tag, index) => [tag, [`10.${index}.0.1`, `10.${index}.0.2`]]),
);

/** Plays a group whose members stop and start; each names its own primary. */
function group(tags: readonly string[], strategy: GslbStrategy, primaryOf: (tag: string) => string | null) {
  const healthy = new Set(tags);
  return {
    healthy,
    seenFrom: (cluster: string) =>
      publishedBy({
        strategy,
        cluster,
        primaryGeoTag: primaryOf(cluster),
        clusterIPs: ADDRESSES,
        healthyClusters: [...healthy],
        reachablePeers: tags.filter((tag) => tag !== cluster),
      }),
    act(action: unknown) {
      const words = /(?:stop|start|scale) (?:the )?app in (\w+)(?: .*to (\d))?/.exec(String(action));
      if (words === null) return;
      const [, tag = "", count] = words;
      if (count === undefined ? String(action).startsWith("start") : count !== "0") healthy.add(tag);
      else healthy.delete(tag);
    },
  };
}

function expectSeen(played: ReturnType<typeof group>, seen: unknown): void {
  for (const [tag, wanted] of Object.entries((seen ?? {}) as Record<string, string | string[]>)) {
    const of = typeof wanted === "string" ? (ADDRESSES[wanted.replace(" IPs", "")] ?? []) : wanted;
    expect(played.seenFrom(tag), `seen from ${tag}`).toEqual(of);
  }
}

const TAG = "eu";
const ANNOTATED = {
  "k8gb.io/strategy": "failover",
  "k8gb.io/primary-geotag": TAG,
  "k8gb.io/dns-ttl-seconds": "5",
};
const FROM_INGRESS: Gslb = { strategy: "failover", primaryGeoTag: TAG, dnsTtlSeconds: 5 };

const SEQUENCES: Record<string, (steps: Record<string, unknown>[]) => void> = {
  "failover/full-two-clusters": (steps) => {
    const played = group(["eu", "us"], "failover", () => String(steps[0]?.primary));
    for (const step of steps) {
      played.act(step.action);
      expectSeen(played, step.expectSeenFrom);
    }
  },
  "roundrobin/full-n-clusters": () => {
    const tags = "eu us cz af ru ap uk ca".split(" ");
    for (let count = 2; count <= tags.length; count += 1) {
      const members = tags.slice(0, count);
      const played = group(members, "roundRobin", () => null);
      const check = () => {
        const union = [...played.healthy].flatMap((tag) => ADDRESSES[tag] ?? []).toSorted();
        for (const tag of members) expect(played.seenFrom(tag)).toEqual(union);
      };
      check();
      for (const action of ["stop", "start"]) {
        for (const tag of members) {
          played.act(`${action} app in ${tag}`);
          check();
        }
        expect(played.healthy.size).toBe(action === "stop" ? 0 : count);
      }
    }
  },
  "failover/split-own-primary": (steps) => {
    const played = group(["c1", "c2"], "failover", (tag) => tag);
    for (const step of steps) {
      played.act(step.action);
      for (const [tag, status] of Object.entries((step.expectStatus ?? {}) as Record<string, string>)) {
        const ready = played.healthy.has(tag) ? 1 : 0;
        expect(hostHealth("Any", [serviceHealth([{ ready }])])).toBe(status);
      }
      expectSeen(played, step.expectSeenFrom);
    }
  },
  "lifecycle/recreated-from-ingress": () => {
    expect(gslbAfter(null, ANNOTATED)).toEqual(FROM_INGRESS);
    expect(gslbAfter(null, null)).toBeNull();
    expect(gslbAfter(null, ANNOTATED)).toEqual(FROM_INGRESS);
  },
  "lifecycle/spec-stable": () => {
    const declared: Gslb = { ...FROM_INGRESS, primaryGeoTag: "us", dnsTtlSeconds: 60 };
    expect(gslbAfter(declared, ANNOTATED)).toEqual(declared);
  },
  "annotation/failover": () => {
    expect(hostHealth("Any", [serviceHealth(null)])).toBe("NotFound");
    expect(readGslb(ANNOTATED)).toEqual({ ok: true, gslb: FROM_INGRESS });
    expect(gslbAfter(null, { "k8gb.io/strategy": "failover" })).toBeNull();
    expect(gslbAfter(null, null)).toBeNull();
  },
  "basic/status": () => {
    expect(hostHealth("Any", [serviceHealth(null)])).toBe("NotFound");
    expect(hostHealth("Any", [serviceHealth([])])).toBe("Unhealthy");
    expect(hostHealth("Any", [serviceHealth([{ ready: 1 }])])).toBe("Healthy");
    expect(readGslb({ "k8gb.io/strategy": "nearest-ish" })).toMatchObject({ ok: false });
  },
};

describe("gslb_strategies.json: sequences", () => {
  it.each(cases.sequences)("$id", ({ id, steps }) => {
    const play = SEQUENCES[id];
    if (play === undefined) throw new Error(`Cannot play "${id}": nobody wrote down what it means`);
    play(steps);
  });
});
