import { array, assert, double, integer, property, tuple } from "fast-check";
import { describe, expect, it } from "vitest";
import { decide } from "../../../src/core/decide.ts";
import { explain } from "../../../src/core/explain.ts";
import type { HealthView } from "../../../src/core/health/view.ts";
import type { Held } from "../../../src/core/steering/held.ts";
import { noteHold } from "../../../src/core/steering/hold.ts";
import type { SteeringPolicy } from "../../../src/core/steering/policy.ts";
import { client, firstOf, type HealthParts, healthOf, modelCluster, tableOf, toShop } from "../../build/steering.ts";

const EDGE = { of: "edge" as const, place: "fra", point: null };
const CLUSTERS = [modelCluster("a"), modelCluster("b"), modelCluster("c")];

/** An edge as time passes: it decides, and remembers what it is told to. */
function edge(policy: Partial<SteeringPolicy> = {}, holds = true) {
  const table = tableOf(CLUSTERS, policy);
  const held = new Map<string, Held>();
  const view = (ms: readonly number[], nowMs: number, parts: HealthParts = {}): HealthView => ({
    ...healthOf({
      ...parts,
      expiresAtMs: nowMs + 10_000,
      trips: ms.map((one, index) => ({
        place: "fra",
        cluster: "abc"[index] ?? "",
        us: Math.round(one * 1000),
        samples: 6,
        observedAtMs: nowMs,
        basis: "measured" as const,
      })),
    }),
    held,
  });
  return {
    held,
    view,
    chosen(ms: readonly number[], nowMs: number, { who = 1, ...parts }: HealthParts & { readonly who?: number } = {}) {
      const decision = decide(table, view(ms, nowMs, parts), toShop, client(who, { vantage: EDGE, nowMs }));
      if (holds && decision.action === "forward") noteHold(held, decision.hold, { nowMs, dwellMs: 60_000 });
      return firstOf(decision);
    },
    explained: (ms: readonly number[], nowMs: number) =>
      explain(table, view(ms, nowMs), toShop, client(1, { vantage: EDGE, nowMs })),
  };
}

describe("hysteresis of a choice", () => {
  it("stays with a cluster until another is better by more than max(5 ms, 10 %)", () => {
    const near = edge();
    expect(near.chosen([20, 30, 300], 0)).toBe("a");
    expect(near.chosen([20, 15.5, 300], 1000)).toBe("a");
    expect(near.chosen([20, 14.5, 300], 2000)).toBe("b");
    const far = edge();
    expect(far.chosen([200, 230, 300], 0)).toBe("a");
    expect(far.chosen([200, 181, 300], 1000)).toBe("a");
    expect(far.chosen([200, 179, 300], 2000)).toBe("b");
  });

  it("changes at most once a minute for what was measured, and at once for what fails", () => {
    const one = edge();
    expect(one.chosen([20, 40, 300], 0)).toBe("a");
    expect(one.chosen([80, 40, 300], 1000)).toBe("b");
    expect(one.chosen([20, 40, 300], 60_999)).toBe("b");
    expect(one.chosen([20, 40, 300], 61_000)).toBe("a");
    expect(one.chosen([20, 40, 300], 62_000, { down: ["a"] })).toBe("b");
    // The choice was put off, not given up.
    expect(one.chosen([20, 16, 300], 63_000)).toBe("a");
  });

  it("shares with what is as near, and goes on sharing while that is not worse by the hysteresis", () => {
    const one = edge();
    const shared = (ms: readonly number[], nowMs: number) =>
      new Set(Array.from({ length: 60 }, (_, who) => one.chosen(ms, nowMs, { who })));
    expect(shared([20, 23, 300], 0)).toEqual(new Set(["a"]));
    expect(shared([20, 21, 300], 1000)).toEqual(new Set(["a", "b"]));
    expect(shared([20, 24.5, 300], 100_000)).toEqual(new Set(["a", "b"]));
    expect(shared([20, 26, 300], 200_000)).toEqual(new Set(["a"]));
  });

  it("keeps the order of failover tiers", () => {
    const one = edge({ method: { type: "failover", tiers: [["c"], ["a", "b"]] } });
    expect(one.chosen([20, 22, 300], 0, { down: ["c"] })).toBe("a");
    expect(one.chosen([20, 22, 300], 1000)).toBe("c");
  });

  it("is explained", () => {
    const one = edge();
    one.chosen([20, 30, 300], 0);
    const [first] = one.explained([20, 16, 300], 1000).candidates;
    expect(first).toMatchObject({ cluster: "a" });
    expect(first?.steps).toContainEqual({
      step: "hold",
      text: "this edge chose it before, and no other is better by max(5 ms, 10 %)",
    });
    expect(one.explained([20, 30, 300], 1000).candidates[0]?.steps.map((each) => each.step)).not.toContain("hold");
  });

  const noise = double({ min: 0.9, max: 1.1, noNaN: true });
  const ways = tuple(integer({ min: 5, max: 300 }), integer({ min: 5, max: 300 }), integer({ min: 5, max: 300 }));
  const changes = (one: ReturnType<typeof edge>, ms: readonly number[], factors: readonly (readonly number[])[]) => {
    const at: number[] = [];
    let before = "";
    for (const [index, each] of factors.entries()) {
      const chosen = one.chosen(
        ms.map((way, cluster) => way * (each[cluster] ?? 1)),
        index * 5000,
      );
      if (before !== "" && chosen !== before) at.push(index * 5000);
      before = chosen;
    }
    return at;
  };

  it("moves a client at most once a minute when measurements differ by noise of ±10 %", () => {
    assert(
      property(ways, array(tuple(noise, noise, noise), { minLength: 60, maxLength: 120 }), (ms, factors) => {
        const at = changes(edge(), ms, factors);
        // The first change may follow the first choice at once.
        for (const [index, atMs] of at.entries()) {
          if (index > 0) expect(atMs - (at[index - 1] ?? 0)).toBeGreaterThanOrEqual(60_000);
        }
      }),
      { numRuns: Number(process.env["PORTOLAN_RUNS"] ?? 300), seed: 20_261_124 },
    );
  });

  it("would move it all the time without", () => {
    const factors = Array.from({ length: 60 }, (_, index) => (index % 2 === 0 ? [0.9, 1.1, 1] : [1.1, 0.9, 1]));
    expect(changes(edge({}, false), [100, 100, 300], factors)).toHaveLength(59);
    expect(changes(edge(), [100, 100, 300], factors).length).toBeLessThanOrEqual(5);
  });
});
