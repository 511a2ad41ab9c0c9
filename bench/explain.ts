/** How fast the decision is: explains of distinct requests, and bare decisions. `npm run bench`. */
import { decide } from "../src/core/decide.ts";
import { explain } from "../src/core/explain.ts";
import { countryLocation } from "../src/core/geo/country-location.ts";
import { healthView } from "../src/core/health/view.ts";
import type { Circumstances, RequestFacts } from "../src/core/decision.ts";
import { allPolicies } from "../src/core/all-policies.ts";
import { buildRoutingTable } from "../src/core/routing-table.ts";
import { randomFrom, randomSnapshot } from "./random-world.ts";

const SEED = 20_261_124;
const REQUESTS = 100_000;
const COUNTRIES = ["DE", "JP", "US", "BR", "ZA", "AU", "IN", "GB"];

const random = randomFrom(SEED);
const health = healthView(null, new Map());
const locations = COUNTRIES.map(countryLocation);
for (const [hosts, clusters] of [
  [1, 3],
  [5000, 3],
  [5000, 100],
] as const) {
  const table = buildRoutingTable(randomSnapshot(hosts, clusters, random), allPolicies);
  const requests = Array.from({ length: REQUESTS }, (_, index): [RequestFacts, Circumstances] => {
    const location = locations[random(locations.length)] ?? countryLocation("DE");
    const point = { latitude: location.latitude ?? 0, longitude: location.longitude ?? 0 };
    return [
      { method: "GET", host: `h${random(hosts)}.example.org`, target: `/api/${index}?n=${index}`, headers: [] },
      {
        client: { address: null, class: "none", location },
        vantage: { of: "client", place: null, point },
        nowMs: 0,
        pins: [],
        offered: null,
        seed: index,
      },
    ];
  });
  for (const [name, run] of [
    ["decide", decide],
    ["explain", explain],
  ] as const) {
    const rounds = Array.from({ length: 3 }, () => {
      // CPU time of this thread: wall time on a machine with other things to do says more about those.
      const started = process.threadCpuUsage();
      for (const [facts, circumstances] of requests) run(table, health, facts, circumstances);
      const { user, system } = process.threadCpuUsage(started);
      return (user + system) / 1000 / REQUESTS;
    });
    const best = Math.min(...rounds);
    console.log(
      `${name.padEnd(8)} ${hosts} hosts × 2 rules × ${clusters} clusters: ${(best * 1000).toFixed(2)} µs, ${Math.round(1000 / best)} a second (${REQUESTS} distinct requests, seed ${SEED}, best of 3)`,
    );
  }
}
