import { describe, expect, it } from "vitest";
import { decide } from "../../../src/core/decide.ts";
import { explain } from "../../../src/core/explain.ts";
import type { Circumstances, Decision } from "../../../src/core/decision.ts";
import type { Cluster, GeoPoint } from "../../../src/core/model.ts";
import type { SteeringPolicy } from "../../../src/core/steering/policy.ts";
import {
  client,
  clustersOf,
  firstOf,
  type HealthParts,
  healthOf,
  modelCluster,
  tableOf,
  toShop,
} from "../../build/steering.ts";
import { FRANKFURT, NEW_YORK, request, TOKYO } from "../../build/world.ts";

const EU: GeoPoint = { latitude: 50.4, longitude: 3.8 };
const US: GeoPoint = { latitude: 33.2, longitude: -80 };
const ASIA: GeoPoint = { latitude: 24, longitude: 121 };

function three(change: Readonly<Record<string, Partial<Cluster>>> = {}): Cluster[] {
  return [
    modelCluster("asia", { location: ASIA, ...change["asia"] }),
    modelCluster("eu", { location: EU, residency: ["eu"], ...change["eu"] }),
    modelCluster("us", { location: US, ...change["us"] }),
  ];
}

interface Ask {
  readonly policy?: Partial<SteeringPolicy>;
  readonly clusters?: readonly Cluster[];
  readonly health?: HealthParts;
  readonly who?: Circumstances;
  readonly headers?: readonly (readonly [string, string])[];
}

const fromFrankfurt = client(1, { point: FRANKFURT, country: "DE" });

function ask({ policy = {}, clusters = three(), health = {}, who = fromFrankfurt, headers = [] }: Ask): Decision {
  return decide(tableOf(clusters, policy), healthOf(health), { ...toShop, headers }, who);
}

describe("nearest", () => {
  it("counts a biased cluster as nearer, and shows its real cost", () => {
    const decision = ask({ clusters: three({ us: { bias: 90 } }) });
    expect(clustersOf(decision)).toEqual(["us", "eu", "asia"]);
    expect(decision).toMatchObject({ candidates: [{ costUs: expect.any(Number) }, {}, {}] });
    if (decision.action === "forward") {
      expect(decision.candidates[0]?.costUs).toBeGreaterThan(decision.candidates[1]?.costUs ?? 0);
    }
  });

  it("lets a host's terms take the place of the cluster's, but never undo a drain", () => {
    const terms = { cluster: "eu", weight: 500, bias: -99, ramp: null, drainUntilMs: null };
    expect(clustersOf(ask({ policy: { clusters: [terms] } }))).toEqual(["eu", "us", "asia"]);
    const stronger = { ...terms, bias: -99, cluster: "us" };
    const drained = three({ us: { weight: 0 } });
    expect(clustersOf(ask({ policy: { clusters: [stronger] }, clusters: drained }))).toEqual(["eu", "asia"]);
  });
});

describe("least-latency", () => {
  it("believes measurements alone: what was measured comes before what is near", () => {
    const trips = [
      { place: "fra", cluster: "asia", us: 240_000, samples: 6, observedAtMs: 0, basis: "measured" as const },
    ];
    const who = { ...fromFrankfurt, vantage: { of: "edge" as const, place: "fra", point: FRANKFURT } };
    const policy = { method: { type: "least-latency" as const } };
    expect(clustersOf(ask({ policy, health: { trips }, who }))).toEqual(["asia", "eu", "us"]);
    expect(clustersOf(ask({ policy, who }))).toEqual(["eu", "us", "asia"]);
  });
});

describe("failover", () => {
  const method = { type: "failover" as const, tiers: [["asia"], ["us"]] };
  it("takes the tiers in order, then whom no tier names, wherever the client is", () => {
    expect(clustersOf(ask({ policy: { method } }))).toEqual(["asia", "us", "eu"]);
    expect(clustersOf(ask({ policy: { method }, health: { down: ["asia"] } }))).toEqual(["us", "eu"]);
  });

  it("divides clients by ready endpoints when the policy says so, and each stays on its side", () => {
    const policy = { method, spill: { overProvisioning: 1.4, byReadiness: true } };
    const health = { ready: { asia: [1, 2], us: [2, 2], eu: [2, 2] } } as const;
    const first = Array.from({ length: 20_000 }, (_, number) => firstOf(ask({ policy, health, who: client(number) })));
    const share = first.filter((name) => name === "asia").length / first.length;
    expect(Math.abs(share - 0.7)).toBeLessThan(0.01);
    expect(first.filter((name) => name === "eu")).toEqual([]);
  });
});

describe("geolocation", () => {
  const rules = [
    { from: ["*"], clusters: ["us"] },
    { from: ["continent:EU"], clusters: ["asia"] },
    { from: ["eu"], clusters: ["eu"] },
    { from: ["DE"], clusters: ["asia"] },
    { from: ["DE-BY"], clusters: ["us"] },
    { from: ["203.0.113.0/24", "203.0.113.7"], clusters: ["eu"] },
  ];
  const policy = { method: { type: "geolocation" as const, rules }, groups: [{ name: "eu", places: ["DE", "FR"] }] };

  function at(
    country: string | null,
    more: { subdivision?: string; continent?: string; address?: string },
  ): Circumstances {
    const who = client(1, { country });
    const location = {
      ...who.client.location,
      subdivision: more.subdivision ?? null,
      continent: more.continent ?? null,
    };
    return { ...who, client: { ...who.client, address: more.address ?? "198.51.100.1", location } };
  }

  it.each([
    ["nobody knows where: the default", at(null, {}), "us"],
    ["a country of the continent", at("CH", { continent: "EU" }), "asia"],
    ["a country of the group", at("FR", { continent: "EU" }), "eu"],
    ["a country with a rule", at("DE", { continent: "EU" }), "asia"],
    ["a subdivision with a rule", at("DE", { continent: "EU", subdivision: "DE-BY" }), "us"],
    ["a network with a rule", at("DE", { subdivision: "DE-BY", address: "203.0.113.9" }), "eu"],
  ])("%s", (_name, who, expected) => {
    expect(firstOf(ask({ policy, who }))).toBe(expected);
  });

  it("goes on to the next less specific rule when the first has nobody, and never to nobody", () => {
    const who = at("FR", { continent: "EU" });
    expect(clustersOf(ask({ policy, who }))).toEqual(["eu", "asia", "us"]);
    expect(clustersOf(ask({ policy, who, health: { down: ["eu"] } }))).toEqual(["asia", "us"]);
    expect(clustersOf(ask({ policy: { method: { type: "geolocation", rules: [] } }, who }))).toHaveLength(3);
  });
});

describe("canary", () => {
  const canary = {
    clusters: ["asia"],
    percent: 0,
    header: { name: "x-canary", value: null },
    cookie: { name: "canary", value: "yes" },
  };
  it.each<[string, readonly (readonly [string, string])[], string]>([
    ["nothing", [], "eu"],
    ["the header says always", [["x-canary", "always"]], "asia"],
    ["the header says something else", [["x-canary", "perhaps"]], "eu"],
    ["the cookie has the value", [["cookie", "a=b; canary=yes; c=d"]], "asia"],
    ["the cookie has another value", [["cookie", "canary=yesterday"]], "eu"],
    [
      "the header says never, whatever the cookie says",
      [
        ["x-canary", "never"],
        ["cookie", "canary=yes"],
      ],
      "eu",
    ],
  ])("by header and cookie: %s", (_name, headers, expected) => {
    expect(firstOf(ask({ policy: { canary }, headers }))).toBe(expected);
  });

  it("keeps the other side within reach", () => {
    expect(clustersOf(ask({ policy: { canary } }))).toEqual(["eu", "us", "asia"]);
    const only = { policy: { canary }, health: { down: ["eu", "us"] } };
    expect(firstOf(ask(only))).toBe("asia");
    expect(firstOf(ask({ policy: { canary: { ...canary, percent: 100 } }, health: { down: ["asia"] } }))).toBe("eu");
  });
});

describe("residency", () => {
  const rule = { from: ["DE"], within: ["eu"] };
  const residency = { rules: [rule], unknownAs: "strictest", onNoCluster: "reject" as const, status: 451 as const };
  const from = (country: string | null, anonymous = false) => client(1, { point: NEW_YORK, country, anonymous });

  it("binds the clients of a place and nobody else, before distance", () => {
    expect(clustersOf(ask({ policy: { residency }, who: from("DE") }))).toEqual(["eu"]);
    expect(firstOf(ask({ policy: { residency }, who: from("US") }))).toBe("us");
  });

  it.each([
    ["unknown", from(null)],
    ["hidden", from("US", true)],
  ])("takes an %s place for the strictest", (_name, who) => {
    expect(clustersOf(ask({ policy: { residency }, who }))).toEqual(["eu"]);
    expect(firstOf(ask({ policy: { residency: { ...residency, unknownAs: "allow" } }, who }))).toBe("us");
    expect(firstOf(ask({ policy: { residency: { ...residency, unknownAs: "US" } }, who }))).toBe("us");
    expect(firstOf(ask({ policy: { residency: { ...residency, unknownAs: "DE" } }, who }))).toBe("eu");
  });

  it("holds for a client whose state nobody knows when the rule is about a state", () => {
    const california = { ...residency, rules: [{ from: ["US-CA"], within: ["eu"] }] };
    expect(firstOf(ask({ policy: { residency: california }, who: from("US") }))).toBe("eu");
    expect(firstOf(ask({ policy: { residency: california }, who: from("JP") }))).toBe("us");
  });

  it("binds everybody when a rule names a group that nobody defines", () => {
    const policy = { residency: { ...residency, rules: [{ from: ["nordics"], within: ["eu"] }] } };
    expect(clustersOf(ask({ policy, who: from("US") }))).toEqual(["eu"]);
  });

  it("holds in a panic, and answers when no cluster satisfies it", () => {
    const panic = ask({ policy: { residency }, who: from("DE"), health: { down: ["eu"] } });
    expect(panic).toMatchObject({ action: "forward", panic: true, candidates: [{ cluster: "eu" }] });
    const clusters = three({ eu: { residency: [] } });
    expect(ask({ policy: { residency }, who: from("DE"), clusters })).toMatchObject({
      action: "reject",
      status: 451,
      code: "residency",
      excluded: [{ code: "residency" }, { code: "residency" }, { code: "residency" }],
    });
    const allow = { ...residency, onNoCluster: "allow" as const };
    expect(firstOf(ask({ policy: { residency: allow }, who: from("DE"), clusters }))).toBe("us");
    expect(firstOf(ask({ policy: { residency: allow }, who: from("DE"), health: { down: ["eu"] } }))).toBe("us");
  });
});

describe("slow start", () => {
  const chosen = (nowMs: number, upSince: Readonly<Record<string, number>>) =>
    Array.from({ length: 10_000 }, (_, number) =>
      firstOf(ask({ health: { upSince }, who: client(number, { point: FRANKFURT, nowMs }) })),
    );
  const shareOfEu = (nowMs: number, upSince: Readonly<Record<string, number>> = { eu: 1000 }) =>
    chosen(nowMs, upSince).filter((name) => name === "eu").length / 10_000;

  it("brings a cluster back from 10 to 100 of 100 clients over 90 s, and nobody goes to and fro", () => {
    expect(Math.abs(shareOfEu(1000) - 0.1)).toBeLessThan(0.02);
    expect(Math.abs(shareOfEu(46_000) - 0.5)).toBeLessThan(0.02);
    expect(shareOfEu(91_000)).toBe(1);
    const [early, late] = [chosen(20_000, { eu: 1000 }), chosen(60_000, { eu: 1000 })];
    expect(early.filter((name, number) => name === "eu" && late[number] !== "eu")).toEqual([]);
  });

  it("holds nobody back when all begin together, as at the start of a fleet", () => {
    expect(shareOfEu(2000, { eu: 1000, us: 1000, asia: 1000 })).toBe(1);
  });
});

describe("maintenance", () => {
  const maintenance = {
    status: 503,
    body: "back at six",
    contentType: "text/plain",
    retryAfterSeconds: 600,
    fromMs: 1000,
    untilMs: 2000,
    except: ["203.0.0.0/24"],
  };
  const at = (nowMs: number, number = 999) =>
    ask({ policy: { maintenance }, who: client(number, { point: FRANKFURT, nowMs }) });

  it("answers for the host within its time, to everybody but its operators", () => {
    expect(at(1500)).toMatchObject({ action: "respond", status: 503, body: "back at six" });
    expect(at(1500)).toMatchObject({ headers: expect.arrayContaining([["retry-after", "600"]]) });
    expect([at(999).action, at(2000).action, at(1500, 7).action]).toEqual(["forward", "forward", "forward"]);
  });
});

describe("affinity", () => {
  const affinity = { type: "cookie" as const, ttlMs: 10_000 };
  const first = ask({ policy: { affinity } });
  const cookie = first.action === "forward" ? (first.setPin?.cookie ?? "") : "";
  const pinned = (cluster: string, more: Partial<Circumstances> = {}) => ({
    ...fromFrankfurt,
    nowMs: 1000,
    pins: [{ cookie, cluster, expiresAtMs: 9000 }],
    ...more,
  });

  it("asks for a pin, keeps to it, and renews it past half of its time", () => {
    expect(first).toMatchObject({ setPin: { current: null, expiresAtMs: 10_000 } });
    expect(ask({ policy: { affinity }, who: pinned("asia") })).toMatchObject({
      candidates: [{ cluster: "asia" }, { cluster: "eu" }, { cluster: "us" }],
      setPin: { current: "asia" },
    });
    expect(ask({ policy: { affinity }, who: pinned("asia", { nowMs: 5000 }) })).toMatchObject({
      candidates: [{ cluster: "asia" }, {}, {}],
      setPin: { current: null },
    });
  });

  it("breaks when the cluster is down, has expired or is for another route, and then stays where it went", () => {
    const broken = ask({ policy: { affinity }, who: pinned("asia"), health: { down: ["asia"] } });
    expect(broken).toMatchObject({ candidates: [{ cluster: "eu" }, { cluster: "us" }], setPin: { current: null } });
    expect(firstOf(ask({ policy: { affinity }, who: pinned("eu"), health: {} }))).toBe("eu");
    expect(firstOf(ask({ policy: { affinity }, who: pinned("asia", { nowMs: 9000 }) }))).toBe("eu");
    const other = { ...fromFrankfurt, pins: [{ cookie: `${cookie}x`, cluster: "asia", expiresAtMs: 9000 }] };
    expect(firstOf(ask({ policy: { affinity }, who: other }))).toBe("eu");
  });

  it("lets pins to a drained cluster run out by the deadline, and gives no new ones", () => {
    const clusters = three({ asia: { weight: 0, drainUntilMs: 5000 } });
    expect(ask({ policy: { affinity }, clusters, who: pinned("asia") })).toMatchObject({
      candidates: [{ cluster: "asia" }, { cluster: "eu" }, { cluster: "us" }],
      excluded: [],
      setPin: { current: "asia" },
    });
    expect(clustersOf(ask({ policy: { affinity }, clusters, who: pinned("asia", { nowMs: 5000 }) }))).toEqual([
      "eu",
      "us",
    ]);
    expect(clustersOf(ask({ policy: { affinity }, clusters }))).toEqual(["eu", "us"]);
  });

  it("goes by a header where the policy says so", () => {
    const policy = { affinity: { type: "header" as const, name: "x-tenant" }, method: { type: "weighted" as const } };
    const of = (tenant: string, number: number) =>
      firstOf(ask({ policy, headers: [["x-tenant", tenant]], who: client(number) }));
    for (let tenant = 0; tenant < 20; tenant += 1) {
      expect(new Set([1, 2, 3, 4, 5].map((number) => of(`t${tenant}`, number))).size).toBe(1);
    }
    expect(new Set(Array.from({ length: 20 }, (_, tenant) => of(`t${tenant}`, 1))).size).toBe(3);
  });
});

describe("explain()", () => {
  it("says why each candidate is where it is", () => {
    const clusters = three({ us: { bias: 20, capacity: 100 }, eu: { location: US } });
    const canary = { clusters: ["asia"], percent: 0, header: null, cookie: null };
    const who = { ...client(1, { point: TOKYO }), offered: new Map([["us", 1000]]) };
    const explained = explain(tableOf(clusters, { canary }), healthOf(), request("shop.example.org", "/"), who);
    expect(explained.steps.map((one) => one.step)).toEqual(["policy", "key", "canary"]);
    const us = explained.candidates.find((one) => one.cluster === "us");
    expect(us?.steps.map((one) => one.text).join("\n")).toMatch(
      /bias \+20 makes it count as .*\n.*offered 1000 of 100 .*10 %/s,
    );
    expect(explained.candidates.at(-1)).toMatchObject({ cluster: "asia" });
  });
});
