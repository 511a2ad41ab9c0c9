/**
 * A capacity waterfall: the load of the nearest of three clusters rises from 50 % to 150 % of what all three can take.
 * Each step runs for some rounds: the edges count what they offer, the next round decides with that. Prints who carries
 * what, and how many clients changed cluster in the last round, which must be none: `node bench/waterfall.ts`.
 */
import { decide } from "../src/core/decide.ts";
import type { RoutingTable } from "../src/core/routing-table.ts";
import { client, healthOf, modelCluster, tableOf, toShop } from "../test/build/steering.ts";
import { FRANKFURT } from "../test/build/world.ts";

const CAPACITY = { near: 1000, middle: 1000, far: 1000 } as const;
const ROUNDS = 12;
/** Requests a second of one client. */
const EACH = 1;

const table: RoutingTable = tableOf([
  modelCluster("near", { location: { latitude: 50, longitude: 9 }, capacity: CAPACITY.near }),
  modelCluster("middle", { location: { latitude: 40, longitude: -4 }, capacity: CAPACITY.middle }),
  modelCluster("far", { location: { latitude: 33, longitude: -80 }, capacity: CAPACITY.far }),
]);
const health = healthOf();

console.log("load of 3,000/s  near  middle  far   moved in the last round");
for (let percent = 50; percent <= 150; percent += 10) {
  const clients = Array.from({ length: (30 * percent) / EACH }, (_, number) =>
    client(number * 7919, { point: FRANKFURT }),
  );
  let offered: ReadonlyMap<string, number> | null = null;
  let before: readonly string[] = [];
  let moved = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const counts = new Map<string, number>();
    const chosen = clients.map((who) => {
      const decision = decide(table, health, toShop, { ...who, offered });
      if (decision.action !== "forward") throw new Error("nobody takes it");
      const cluster = decision.candidates[0]?.cluster ?? "";
      for (const name of [...decision.passedBy, cluster]) counts.set(name, (counts.get(name) ?? 0) + EACH);
      return cluster;
    });
    moved = chosen.filter((cluster, index) => cluster !== before[index]).length;
    [offered, before] = [counts, chosen];
  }
  const carried = (name: string) => String(before.filter((cluster) => cluster === name).length).padStart(5);
  console.log(
    `${String(percent).padStart(6)} %         ${carried("near")}  ${carried("middle")} ${carried("far")}   ${moved}`,
  );
}
