import { describe, expect, it } from "vitest";
import { decide } from "../../../src/core/decide.ts";
import type { Cluster } from "../../../src/core/model.ts";
import type { SteeringPolicy } from "../../../src/core/steering/policy.ts";
import { client, firstOf, healthOf, modelCluster, tableOf, toShop } from "../../build/steering.ts";
import { FRANKFURT } from "../../build/world.ts";

const CLIENTS = 100_000;
const WEIGHTED: Partial<SteeringPolicy> = { method: { type: "weighted" } };

/** The cluster of each of many clients. */
function choices(
  clusters: readonly Cluster[],
  policy: Partial<SteeringPolicy>,
  down: readonly string[] = [],
): string[] {
  const [table, health] = [tableOf(clusters, policy), healthOf({ down })];
  return Array.from({ length: CLIENTS }, (_, number) =>
    firstOf(decide(table, health, toShop, client(number, { point: FRANKFURT }))),
  );
}

function shares(chosen: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of chosen) counts[name] = (counts[name] ?? 0) + 1 / chosen.length;
  return counts;
}

const weights = (...list: readonly number[]): Cluster[] =>
  list.map((weight, index) => modelCluster(`cluster-${index}`, { weight, location: FRANKFURT }));

describe("shares of clients", () => {
  it.each([
    ["weighted", WEIGHTED, [1, 1]],
    ["weighted", WEIGHTED, [80, 15, 5]],
    ["weighted", WEIGHTED, [1000, 1, 1, 1]],
    ["weighted", WEIGHTED, [10, 20, 30, 40, 50, 60, 70, 80]],
    ["nearest, all in one place", {}, [80, 15, 5]],
  ] as const)("follow the weights within a hundredth: %s %j %j", (_name, policy, list) => {
    const total = list.reduce<number>((sum, one) => sum + one, 0);
    const found = shares(choices(weights(...list), policy));
    for (const [index, weight] of list.entries()) {
      expect(Math.abs((found[`cluster-${index}`] ?? 0) - weight / total)).toBeLessThan(0.01);
    }
  });

  it.each([2, 3, 5, 10, 20])(
    "move at most 1/n + 0.05 of clients, and only its own, when one of %i clusters leaves",
    (n) => {
      const clusters = weights(...Array.from({ length: n }, () => 100));
      const before = choices(clusters, WEIGHTED);
      const after = choices(clusters, WEIGHTED, ["cluster-1"]);
      const moved = before.filter((name, client) => name !== after[client]);
      expect(new Set(moved)).toEqual(new Set(["cluster-1"]));
      expect(moved.length / CLIENTS).toBeLessThanOrEqual(1 / n + 0.05);
      // The share of the dead one is spread over the living, not given to a neighbour (rule 8).
      for (const share of Object.values(shares(after))) expect(Math.abs(share - 1 / (n - 1))).toBeLessThan(0.01);
    },
  );

  it("put a canary's share of clients on its side, and a larger share only adds some", () => {
    const clusters = weights(100, 100, 100);
    const on = (percent: number) => {
      const canary = { clusters: ["cluster-2"], percent, header: null, cookie: null };
      const chosen = choices(clusters, { ...WEIGHTED, canary });
      return new Set(chosen.flatMap((name, client) => (name === "cluster-2" ? [client] : [])));
    };
    const [five, twenty] = [on(5), on(20)];
    expect(Math.abs(five.size / CLIENTS - 0.05)).toBeLessThan(0.01);
    expect(Math.abs(twenty.size / CLIENTS - 0.2)).toBeLessThan(0.01);
    expect([...five].filter((client) => !twenty.has(client))).toEqual([]);
  });
});
