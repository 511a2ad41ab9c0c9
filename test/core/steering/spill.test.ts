import { describe, expect, it } from "vitest";
import { decide } from "../../../src/core/decide.ts";
import { client, type HealthParts, healthOf, modelCluster, tableOf, toShop } from "../../build/steering.ts";
import { FRANKFURT } from "../../build/world.ts";

const table = tableOf([
  modelCluster("near", { location: { latitude: 50, longitude: 9 }, capacity: 1000 }),
  modelCluster("middle", { location: { latitude: 40, longitude: -4 }, capacity: 1000 }),
  modelCluster("far", { location: { latitude: 33, longitude: -80 }, capacity: 1000 }),
]);

/** So many clients with a request a second each, for some rounds; each round knows what was offered in the last. */
function settle(load: number, rounds: number, parts: HealthParts = {}) {
  const health = healthOf(parts);
  const clients = Array.from({ length: load }, (_, number) => client(number * 7919, { point: FRANKFURT }));
  let offered: ReadonlyMap<string, number> | null = null;
  const history: string[][] = [];
  for (let round = 0; round < rounds; round += 1) {
    const counts = new Map<string, number>();
    const chosen = clients.map((who) => {
      const decision = decide(table, health, toShop, { ...who, offered });
      const [first] = decision.action === "forward" ? decision.candidates : [];
      const passedBy = decision.action === "forward" ? decision.passedBy : [];
      for (const name of [...passedBy, first?.cluster ?? ""]) counts.set(name, (counts.get(name) ?? 0) + 1);
      return first?.cluster ?? "";
    });
    offered = counts;
    history.push(chosen);
  }
  const last = history.at(-1) ?? [];
  const carried = (name: string) => last.filter((cluster) => cluster === name).length;
  const moved = (from: number) =>
    (history[from] ?? []).filter((cluster, at) => cluster !== history[from + 1]?.[at]).length;
  return { carried, moved };
}

describe("declared capacity", () => {
  it.each([
    [800, [800, 0, 0]],
    [1800, [1000, 800, 0]],
    [2600, [1000, 1000, 600]],
    [4500, [1500, 1500, 1500]],
  ])("lets %i requests a second run over like water", (load, expected) => {
    const { carried } = settle(load, 10);
    for (const [index, name] of ["near", "middle", "far"].entries()) {
      expect(Math.abs(carried(name) - (expected[index] ?? 0))).toBeLessThan(80);
    }
  });

  it("settles: nobody goes to and fro once the load is known", () => {
    for (const load of [1500, 2500, 3300, 4500]) {
      const { moved } = settle(load, 12);
      expect(moved(10)).toBe(0);
    }
  });

  it("counts ready endpoints, over-provisioned: 72 of 100 carry everything, half of them 70 of 100", () => {
    expect(Math.abs(settle(1500, 8, { ready: { near: [72, 100] } }).carried("near") - 1000)).toBeLessThan(60);
    expect(Math.abs(settle(1500, 8, { ready: { near: [50, 100] } }).carried("near") - 700)).toBeLessThan(60);
  });
});
