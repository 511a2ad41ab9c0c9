/**
 * Time of one decision with the look-up of the client's location, at 10,000 routes × 100 clusters. `node bench/decide.ts [part of a row's name]`.
 * Prints the best and the median of several rounds over distinct requests, and what a round allocates per decision.
 */
import { timeZonePoint } from "../src/core/geo/time-zones.ts";
import { packCounts } from "../src/core/snapshot/backend-counts.ts";
import { packTrips } from "../src/core/snapshot/round-trips.ts";
import { decide } from "../src/core/decide.ts";
import { locateClient } from "../src/core/geo/client-location.ts";
import { countryLocation } from "../src/core/geo/country-location.ts";
import { KNOWN_COUNTRIES } from "../src/core/geo/countries.ts";
import { overrideTable } from "../src/core/geo/override-table.ts";
import { parseAddress } from "../src/core/address/ip.ts";
import { backendKey, healthView } from "../src/core/health/view.ts";
import type { Circumstances, ClientLocation, RequestFacts } from "../src/core/decision.ts";
import type { HealthOverlay } from "../src/core/health/model.ts";
import { allPolicies } from "../src/core/all-policies.ts";
import { buildRoutingTable, type RoutingTable } from "../src/core/routing-table.ts";
import type { Held } from "../src/core/steering/held.ts";
import { noteHold } from "../src/core/steering/hold.ts";
import { DEFAULT_POLICY, type SteeringPolicy } from "../src/core/steering/policy.ts";
import { randomFrom, randomSnapshot } from "./random-world.ts";

const SEED = 20_261_124;
const REQUESTS = 100_000;
const ROUNDS = 7;
const COUNTRIES = "DE JP US BR ZA AU IN GB FR NL SE PL IT ES CA MX AR NG KE EG TR SA AE SG ID TH VN KR NZ CL".split(
  " ",
);

const random = randomFrom(SEED);

function tableOf(hosts: number, clusters: number, policy: SteeringPolicy): RoutingTable {
  const snapshot = randomSnapshot(hosts, clusters, random);
  return buildRoutingTable({ ...snapshot, hosts: snapshot.hosts.map((host) => ({ ...host, policy })) }, allPolicies);
}

/** The location a database would give, as a look-up behind the usual chain: by country, or by town for most networks. */
const countries: readonly ClientLocation[] = COUNTRIES.map(countryLocation);
const towns: readonly ClientLocation[] = Array.from({ length: 5000 }, (_, index) => ({
  ...countryLocation(COUNTRIES[index % COUNTRIES.length] ?? "DE"),
  latitude: random(1200) / 10 - 60,
  longitude: random(3600) / 10 - 180,
  city: `Town ${index}`,
}));
let known = countries;
const locator = {
  locate: (address: string): ClientLocation | null => {
    const dot = address.indexOf(".");
    const [first, second] = [address.slice(0, dot), address.slice(dot + 1, address.indexOf(".", dot + 1))];
    return known[(Number(first) * 256 + Number(second)) % known.length] ?? null;
  },
};
const overrides = overrideTable([]);

interface Ask {
  readonly address: string;
  readonly facts: RequestFacts;
}

function circumstances(address: string, edge: Circumstances["vantage"] | null, seed: number): Circumstances {
  const location = locateClient({
    address: parseAddress(address),
    addressClass: "public",
    overrides,
    locator,
    zonePoint: timeZonePoint,
    countries: KNOWN_COUNTRIES,
  });
  const point = { latitude: location.latitude ?? 0, longitude: location.longitude ?? 0 };
  return {
    client: { address, class: "public", location },
    vantage: edge ?? { of: "client", place: null, point },
    nowMs: 1000,
    pins: [],
    offered: null,
    seed,
  };
}

function overlayOf(table: RoutingTable, troubled: number): HealthOverlay {
  const clusters = table.snapshot.clusters.map((one) => one.name);
  return {
    observedAtMs: 0,
    validForMs: 60_000,
    clusters: [],
    backends: packCounts(
      clusters.map((name, index) => ({
        cluster: name,
        service: "default/shop/80",
        ready: index < troubled ? 0 : 2,
        total: 2,
      })),
    ),
    origins: [],
    roundTrips: packTrips(
      clusters.map((name, index) => ({
        place: "fra",
        cluster: name,
        us: 5000 + index * 911,
        samples: 6,
        observedAtMs: 0,
        basis: "measured",
      })),
    ),
    verdicts: [],
    offered: [],
    events: [],
  };
}

interface Trouble {
  readonly notServing?: number;
  readonly ejected?: number;
}

function measure(
  name: string,
  table: RoutingTable,
  edge: Circumstances["vantage"] | null,
  { notServing = 0, ejected = 0 }: Trouble = {},
): void {
  const out = table.snapshot.clusters.slice(0, ejected).map((one) => backendKey(one.name, "default/shop/80"));
  const ejection = { sinceMs: 0, untilMs: 60_000, count: 1, cause: "refused ×3" };
  if (!name.includes(process.argv[2] ?? "")) return;
  const held = new Map<string, Held>();
  const overlay = overlayOf(table, notServing);
  const health = healthView(overlay, new Map(out.map((key) => [key, ejection])), undefined, undefined, held);
  const hosts = table.snapshot.hosts.length;
  const asks = Array.from({ length: REQUESTS }, (_, index): Ask => {
    const address = `${1 + random(200)}.${random(256)}.${random(256)}.${random(256)}`;
    return {
      address,
      facts: { method: "GET", host: `h${random(hosts)}.example.org`, target: `/api/${index}?n=${index}`, headers: [] },
    };
  });
  const rounds: number[] = [];
  let chosen = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    // CPU time of this thread: wall time on a machine with other things to do says more about those.
    const started = process.threadCpuUsage();
    for (const [index, { address, facts }] of asks.entries()) {
      const decision = decide(table, health, facts, circumstances(address, edge, index));
      if (decision.action !== "forward") continue;
      chosen += decision.candidates.length;
      // As an edge does after each decision.
      noteHold(held, decision.hold, { nowMs: 1000, dwellMs: 60_000 });
    }
    const { user, system } = process.threadCpuUsage(started);
    rounds.push((user + system) / REQUESTS);
  }
  rounds.sort((a, b) => a - b);
  const [best = 0] = rounds;
  const median = rounds[Math.floor(ROUNDS / 2)] ?? 0;
  console.log(
    `${name.padEnd(56)} best ${best.toFixed(2)} µs, median ${median.toFixed(2)} µs (${chosen > 0 ? "forwarded" : "rejected"})`,
  );
}

const POLICIES: Readonly<Record<string, Partial<SteeringPolicy>>> = {
  weighted: { method: { type: "weighted" } },
  "least latency": { method: { type: "least-latency" } },
  failover: { method: { type: "failover", tiers: [["cluster-1", "cluster-2"], ["cluster-0"]] } },
  "pinned by cookie": { affinity: { type: "cookie", ttlMs: 86_400_000 } },
  "canary of 10 %": { canary: { clusters: ["cluster-1"], percent: 10, header: null, cookie: null } },
};
const EDGE: Circumstances["vantage"] = { of: "edge", place: "fra", point: { latitude: 50.1, longitude: 8.7 } };
console.log(`decide() with location look-up, CPU time; ${REQUESTS} distinct requests a round, seed ${SEED}`);
for (const [hosts, clusters] of [
  [5000, 3],
  [5000, 100],
] as const) {
  const size = `${hosts * 2} routes × ${clusters} clusters`;
  const nearest = tableOf(hosts, clusters, DEFAULT_POLICY);
  measure(`nearest, edge's place, ${size}`, nearest, EDGE);
  measure(`nearest, client's country, ${size}`, nearest, null);
  known = towns;
  measure(`nearest, client's town of 5,000, ${size}`, nearest, null);
  known = countries;
  measure(`nearest, a third not serving, ${size}`, nearest, EDGE, { notServing: Math.floor(clusters / 3) });
  measure(`nearest, one ejected, ${size}`, nearest, EDGE, { ejected: 1 });
  for (const [name, policy] of Object.entries(POLICIES)) {
    measure(`${name}, ${size}`, tableOf(hosts, clusters, { ...DEFAULT_POLICY, ...policy }), EDGE);
  }
}
