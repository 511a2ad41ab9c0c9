/**
 * What measuring is worth: real round-trips between cities, clusters and edges drawn at random, and how far the chosen
 * cluster is from the best. `node bench/replay.ts [DRAWS]`. Reads ../shared/cases/rtt_*.json, which are test input and
 * no part of the project.
 *
 * A request comes from a client's city to the edge with the shortest round-trip, one in five to the 2nd…5th nearest,
 * as anycast does it. An edge's windowed minimum is the `min` of its pings, a request costs the `avg`.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { priorUs, unitVector, vectorDistanceKm } from "../src/core/geo/distance.ts";
import { networkKm, networkPlace } from "../src/core/geo/network-distance.ts";
import { calibrate, networkPriorMs } from "../src/core/health/calibrate.ts";
import { regionPoint } from "../src/core/geo/regions/regions.ts";
import type { GeoPoint } from "../src/core/model.ts";

const DRAWS = Number(process.argv[2] ?? 200);
const EDGES = 50;
const SEED = 20_261_124;

interface City extends GeoPoint {
  readonly name: string;
}
interface World {
  readonly title: string;
  readonly cities: readonly City[];
  /** ms; null where nobody measured or the two directions differ by more than 200 ms. */
  readonly cost: readonly (readonly (number | null)[])[];
  readonly measured: readonly (readonly (number | null)[])[];
  /** The other direction, measured at another time. */
  readonly reverse: readonly (readonly (number | null)[])[];
}

const shared = (name: string): unknown =>
  JSON.parse(readFileSync(join(import.meta.dirname, "../../shared/cases", name), "utf8").replace(/^\uFEFF/, ""));

function citiesOf2018(): World {
  const file = shared("rtt_cities_2018.json") as {
    cities: { name: string; lat: number; lon: number }[];
    avg: (number | null)[][];
    min: (number | null)[][];
  };
  const cities = file.cities.map(({ name, lat, lon }) => ({ name, latitude: lat, longitude: lon }));
  const at = (matrix: (number | null)[][], from: number, to: number): number | null => {
    if (from === to) return 0.5;
    const [there, back] = [file.avg[from]?.[to] ?? null, file.avg[to]?.[from] ?? null];
    const value = matrix[from]?.[to] ?? null;
    return there === null || back === null || value === null || Math.abs(there - back) > 2000 ? null : value / 10;
  };
  const all = (matrix: (number | null)[][], turned = false) =>
    cities.map((_, from) => cities.map((__, to) => (turned ? at(matrix, to, from) : at(matrix, from, to))));
  return {
    title: "150 cities, 2018",
    cities,
    cost: all(file.avg),
    measured: all(file.min),
    reverse: all(file.min, true),
  };
}

function regionsOf(title: string, cities: readonly City[], rtt: Record<string, Record<string, number | null>>): World {
  const matrix = cities.map((from) =>
    cities.map((to) => (from === to ? 0.5 : (rtt[from.name]?.[to.name] ?? rtt[to.name]?.[from.name] ?? null))),
  );
  const turned = cities.map((_, row) => cities.map((__, column) => matrix[column]?.[row] ?? null));
  return { title, cities, cost: matrix, measured: matrix, reverse: turned };
}

function ibm2026(): World {
  const file = shared("rtt_ibm_2026.json") as {
    regions: Record<string, { lat: number; lon: number }>;
    rtt: Record<string, Record<string, number | null>>;
  };
  const cities = Object.entries(file.regions).map(([name, { lat, lon }]) => ({ name, latitude: lat, longitude: lon }));
  return regionsOf("13 IBM regions, 2026", cities, file.rtt);
}

function aws2019(): World {
  const file = shared("rtt_aws_2019.json") as { rtt: Record<string, Record<string, number | null>> };
  const cities = Object.keys(file.rtt).flatMap((name) => {
    const point = regionPoint("aws", name);
    return point === null ? [] : [{ name, latitude: point.latitude, longitude: point.longitude }];
  });
  return regionsOf("11 AWS regions, 2019", cities, file.rtt);
}

/** mulberry32: the same draws everywhere. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface Draw {
  readonly clusters: readonly number[];
  readonly edges: readonly number[];
  /** One place in six of all. */
  readonly few: ReadonlySet<number>;
}

/** Estimated ms of a cluster for a request of `client` at `edge`. */
type Rule = (edge: number, cluster: number, client: number) => number;

function rulesOf(world: World, draw: Draw): Record<string, Rule> {
  const vectors = world.cities.map((city) => unitVector(city));
  const prior = (from: number, to: number) => {
    const [a, b] = [vectors[from], vectors[to]];
    return a === undefined || b === undefined ? 0 : priorUs(vectorDistanceKm(a, b)) / 1000;
  };
  const measured: Rule = (edge, cluster) => world.measured[edge]?.[cluster] ?? prior(edge, cluster);
  const reverse: Rule = (edge, cluster) => world.reverse[edge]?.[cluster] ?? prior(edge, cluster);
  const named = (indexes: Iterable<number>) =>
    new Map([...indexes].map((index) => [String(index), networkPlaceOf(world, index)]));
  const known = [...draw.few].flatMap((place) =>
    draw.clusters.flatMap((cluster) => {
      const ms = world.measured[place]?.[cluster] ?? null;
      return ms === null || place === cluster
        ? []
        : [{ place: String(place), cluster: String(cluster), us: Math.round(ms * 1000) }];
    }),
  );
  const estimate = calibrate(named(new Set([...draw.edges, ...draw.few])), named(draw.clusters), known);
  const cache = new Map<number, number>();
  const calibrated: Rule = (edge, cluster) => {
    const own = draw.few.has(edge) ? (world.measured[edge]?.[cluster] ?? null) : null;
    if (own !== null) return own;
    const key = edge * 10_000 + cluster;
    const value = cache.get(key) ?? (estimate(String(edge), String(cluster)) ?? 0) / 1000;
    cache.set(key, value);
    return value;
  };
  return {
    "all places probe": measured,
    "all probe, judged by the reverse direction": reverse,
    "one place in six probes": calibrated,
    "  the same, at edges that do not probe": (edge, cluster) =>
      draw.few.has(edge) ? -1 : calibrated(edge, cluster, 0),
    "one in six, and edges time what they use": timedInUse(world, draw, calibrated),
    "way through the network, no probe": (edge, cluster) =>
      networkPriorMs(networkKm(networkPlaceOf(world, edge), networkPlaceOf(world, cluster))),
    "nearest by distance": prior,
    "nearest to the client": (_edge, cluster, client) => prior(client, cluster),
  };
}

const places = new Map<World, Map<number, ReturnType<typeof networkPlace>>>();
function networkPlaceOf(world: World, index: number): ReturnType<typeof networkPlace> {
  const known = places.get(world) ?? new Map<number, ReturnType<typeof networkPlace>>();
  places.set(world, known);
  const place = known.get(index) ?? networkPlace(world.cities[index] ?? { latitude: 0, longitude: 0 });
  known.set(index, place);
  return place;
}

/** An edge that does not probe still sees how long its own requests take: the cluster it uses is soon measured. */
function timedInUse(world: World, draw: Draw, estimate: Rule): Rule {
  const settled = new Map<number, Map<number, number>>();
  return (edge, cluster) => {
    const known = settled.get(edge) ?? settle(edge);
    settled.set(edge, known);
    return known.get(cluster) ?? 0;
  };
  function settle(edge: number): Map<number, number> {
    const costs = new Map(draw.clusters.map((cluster) => [cluster, estimate(edge, cluster, edge)]));
    const timed = new Set<number>();
    for (;;) {
      const [best] = [...costs].sort((a, b) => a[1] - b[1])[0] ?? [0];
      if (timed.has(best)) return costs;
      timed.add(best);
      const ms = world.measured[edge]?.[best] ?? null;
      if (ms !== null) costs.set(best, ms);
    }
  }
}

function replay(world: World, clusterCount: number): void {
  const random = generator(SEED + clusterCount);
  const count = world.cities.length;
  const some = (size: number): number[] => {
    const all = Array.from({ length: count }, (_, index) => index);
    for (let index = 0; index < size; index += 1) {
      const other = index + Math.floor(random() * (count - index));
      [all[index], all[other]] = [all[other] ?? 0, all[index] ?? 0];
    }
    return all.slice(0, size);
  };
  const tallies = new Map<string, { pairs: number; ten: number; twenty: number; excess: number[] }>();
  for (let index = 0; index < DRAWS; index += 1) {
    const draw = {
      clusters: some(clusterCount),
      edges: some(Math.min(EDGES, count)),
      few: new Set(some(Math.max(2, Math.round(count / 6)))),
    };
    const rules = Object.entries(rulesOf(world, draw));
    for (let client = 0; client < count; client += 1) {
      const edge = edgeOf(world, draw, client, random);
      const served = edge === null ? [] : draw.clusters.filter((one) => (world.cost[edge]?.[one] ?? null) !== null);
      if (edge === null || served.length < 2) continue;
      const best = Math.min(...served.map((one) => world.cost[edge]?.[one] ?? 0));
      for (const [name, rule] of rules) {
        const costs = served.map((one) => rule(edge, one, client));
        const least = Math.min(...costs);
        if (Number.isNaN(least)) throw new RangeError(`Cannot replay "${name}": an estimate is not a number`);
        if (least < 0) continue;
        const excess = (world.cost[edge]?.[served[costs.indexOf(least)] ?? -1] ?? 0) - best;
        const tally = tallies.get(name) ?? { pairs: 0, ten: 0, twenty: 0, excess: [] };
        tallies.set(name, tally);
        tally.pairs += 1;
        if (excess <= 10) tally.ten += 1;
        if (excess <= 20) tally.twenty += 1;
        tally.excess.push(excess);
      }
    }
  }
  console.log(
    `\n${world.title}, ${clusterCount} clusters, ${EDGES} edges, ${DRAWS} draws, seed ${SEED + clusterCount}`,
  );
  console.log(`${"".padEnd(46)}≤ 10 ms   ≤ 20 ms   p99 excess   pairs`);
  for (const [name, { pairs, ten, twenty, excess }] of tallies) {
    const p99 = excess.sort((a, b) => a - b)[Math.floor(pairs * 0.99)] ?? 0;
    const share = (part: number) => `${((100 * part) / pairs).toFixed(2)} %`.padStart(7);
    console.log(`${name.padEnd(46)}${share(ten)}   ${share(twenty)}   ${p99.toFixed(0).padStart(7)} ms   ${pairs}`);
  }
}

function edgeOf(world: World, draw: Draw, client: number, random: () => number): number | null {
  const reached = draw.edges
    .filter((edge) => (world.cost[client]?.[edge] ?? null) !== null)
    .sort((a, b) => (world.cost[client]?.[a] ?? 0) - (world.cost[client]?.[b] ?? 0) || a - b);
  const away = random() < 0.2 ? 1 + Math.floor(random() * 4) : 0;
  return reached[away] ?? reached[0] ?? null;
}

for (const world of [citiesOf2018(), ibm2026(), aws2019()]) {
  for (const clusterCount of [5, 12]) if (clusterCount <= world.cities.length - 1) replay(world, clusterCount);
}
