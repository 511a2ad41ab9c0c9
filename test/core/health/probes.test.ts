import { allSteps } from "../../build/all-steps.ts";
import { describe, expect, it } from "vitest";
import {
  judgeItself,
  measureCluster,
  probeTargetSteps,
  type ProbeResult,
  type ProbeTarget,
  recordProbe,
  verdictOf,
} from "../../../src/core/health/probes.ts";
import { newProbeState } from "../../../src/core/health/probe-state.ts";
import { compile } from "../../../src/core/compile/compile.ts";
import { cluster, ingress, observation, rule, service } from "../../build/objects.ts";

const GOOD: ProbeResult = { trouble: null, connected: true, isLocal: false, connectUs: 900, exchangeUs: 1000 };
const BAD: ProbeResult = { trouble: "refused", connected: false, isLocal: false, connectUs: null, exchangeUs: null };

function targets(names: readonly string[], annotations: Record<string, string> = {}): readonly ProbeTarget[] {
  const shop = service("shop");
  const annotated = { ...shop, meta: { ...shop.meta, annotations } };
  const config = observation(null, {
    clusters: names.map((name) => cluster(name)),
    ingresses: [ingress("shop", { rules: [rule("shop.example.org", "/", "shop")] })],
  });
  const members = names.map((name) => observation(name, { services: [annotated] }));
  const { snapshot } = compile({ config, clusters: members, previous: null, allowPrivateOrigins: false, nowMs: 0 });
  return allSteps(probeTargetSteps(snapshot.clusters, snapshot.hosts));
}

function only(list: readonly ProbeTarget[]): ProbeTarget {
  const [first] = list;
  if (first === undefined) throw new Error("no target");
  return first;
}

describe("probeTargetSteps()", () => {
  it("probes each origin once, and each Service that asks for it", () => {
    expect(targets(["a", "b"]).map((one) => one.check)).toEqual([null, null]);
    const checked = targets(["a"], { "portolan.dev/health-check-path": "/healthz" });
    expect(checked.map((one) => [one.subject, one.check?.path ?? null])).toEqual([
      ["a|https://a.origin.example.org:443", null],
      ["a|default/shop/80", "/healthz"],
    ]);
  });
});

describe("recordProbe()", () => {
  it("falls after three bad probes and rises after two good ones, with the cause", () => {
    const state = newProbeState();
    const target = only(targets(["a"]));
    const results = [GOOD, BAD, BAD, GOOD, BAD, BAD, BAD, BAD, GOOD, GOOD].map((result, index) =>
      recordProbe(state, target, result, index),
    );
    expect(results.flatMap((change) => change ?? [])).toEqual([
      { what: "probe-down", subject: target.subject, cause: "refused ×3", sinceMs: 0 },
      { what: "probe-up", subject: target.subject, cause: "2 good probes", sinceMs: 6 },
    ]);
  });

  it("takes silence in HTTP for trouble only from an origin that has answered before", () => {
    const silent: ProbeResult = {
      trouble: "no answer in 2000 ms",
      connected: true,
      isLocal: false,
      connectUs: 900,
      exchangeUs: null,
    };
    const target = only(targets(["a"]));
    const never = newProbeState();
    for (let index = 0; index < 5; index += 1) expect(recordProbe(never, target, silent, index)).toBeNull();
    const once = newProbeState();
    const changes = [GOOD, silent, silent, silent].map((result, index) => recordProbe(once, target, result, index));
    expect(changes.at(-1)).toMatchObject({ what: "probe-down", cause: "no answer in 2000 ms ×3" });
  });
});

describe("judgeItself()", () => {
  it("distrusts an edge that sees most of several clusters down, and trusts it again", () => {
    const state = newProbeState();
    const all = targets(["a", "b", "c"]);
    for (const target of all) for (let index = 0; index < 3; index += 1) recordProbe(state, target, BAD, index);
    expect(judgeItself(state, all)).toBe(true);
    expect(state.distrustsItself).toBe(true);
    for (const target of all) for (let index = 3; index < 5; index += 1) recordProbe(state, target, GOOD, index);
    expect([judgeItself(state, all), state.distrustsItself]).toEqual([true, false]);
  });

  it("trusts whatever answers, where there is no second try, and doubts itself when nothing does", () => {
    const state = newProbeState();
    state.doubtsAt = "all";
    const all = targets(["a", "b", "c"]);
    const [last, ...others] = all.toReversed();
    for (const target of others) for (let index = 0; index < 3; index += 1) recordProbe(state, target, BAD, index);
    for (let index = 0; index < 3; index += 1) recordProbe(state, last ?? only([]), GOOD, index);
    expect([judgeItself(state, all), state.distrustsItself]).toEqual([false, false]);
    for (let index = 3; index < 6; index += 1) recordProbe(state, last ?? only([]), BAD, index);
    expect([judgeItself(state, all), state.distrustsItself]).toEqual([true, true]);
  });

  it("does not doubt itself for one cluster of three", () => {
    const state = newProbeState();
    const all = targets(["a", "b", "c"]);
    for (const [index, target] of all.entries())
      for (let round = 0; round < 3; round += 1) recordProbe(state, target, index === 0 ? BAD : GOOD, round);
    expect([judgeItself(state, all), verdictOf(state, all[0]?.key ?? "").verdict]).toEqual([false, "down"]);
  });
});

describe("measureCluster()", () => {
  it("says measured after three samples beyond the first, and when it changed", () => {
    const state = newProbeState();
    const all = targets(["a"]);
    const target = only(all);
    const changed = [0, 1, 2, 3, 4].map((nowMs) => {
      recordProbe(state, target, GOOD, nowMs);
      return measureCluster(state, "here", "a", { targets: all, nowMs });
    });
    expect(changed).toEqual([false, false, false, true, false]);
    expect([...state.measured.values()]).toMatchObject([{ place: "here", cluster: "a", us: 1000, basis: "measured" }]);
  });

  it("does not take this machine for a place", () => {
    const state = newProbeState();
    const all = targets(["a"]);
    const target = only(all);
    for (let nowMs = 0; nowMs < 9; nowMs += 1) recordProbe(state, target, { ...GOOD, isLocal: true }, nowMs);
    expect(measureCluster(state, "here", "a", { targets: all, nowMs: 9 })).toBe(false);
    expect(state.measured.size).toBe(0);
  });
});
