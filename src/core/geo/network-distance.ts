/** How far apart two places are for packets: along the routes between exchanges, not over the great circle. */
import type { GeoPoint } from "../model.ts";
import { type UnitVector, unitVector, vectorDistanceKm } from "./distance.ts";
import { EXCHANGES, ROUTES } from "./exchanges.ts";

/** Below this, two places are reached over the same ground and no exchange has to be passed. */
const DIRECT_KM = 400;
/** From a place to its exchange the cable follows roads and borders. */
const DETOUR_TO_EXCHANGE = 1.5;
/** What one more exchange on the way costs, as distance. */
const HOP_KM = 150;
const EXCHANGES_OF_A_PLACE = 2;

/** A place seen from the network; made once, compared often. */
export interface NetworkPlace {
  readonly vector: UnitVector;
  /** Way to the exchanges it may use. */
  readonly attached: readonly { readonly exchange: number; readonly km: number }[];
  /** Way to every exchange: two places with the same ways are neighbours, whatever the map says. */
  readonly ways: Float64Array;
}

interface Exchanges {
  readonly vectors: readonly UnitVector[];
  /** Row by row. */
  readonly km: Float64Array;
}

const exchanges: Exchanges = shortestWays();

/** A place in the network. */
export function networkPlace(point: GeoPoint): NetworkPlace {
  const vector = unitVector(point);
  const size = exchanges.vectors.length;
  const attached = exchanges.vectors
    .map((exchange, index) => ({ exchange: index, km: vectorDistanceKm(vector, exchange) }))
    // 1. distance; 2. place in the table, so that equal distances give one answer
    .sort((a, b) => a.km - b.km || a.exchange - b.exchange)
    .slice(0, EXCHANGES_OF_A_PLACE)
    .map(({ exchange, km }) => ({ exchange, km: km * DETOUR_TO_EXCHANGE }));
  const ways = Float64Array.from({ length: size }, (_, index) => {
    let best = Number.POSITIVE_INFINITY;
    for (const { exchange, km } of attached) best = Math.min(best, km + (exchanges.km[exchange * size + index] ?? 0));
    return best;
  });
  return { vector, attached, ways };
}

/** Kilometres of cable between two places. */
export function networkKm(a: NetworkPlace, b: NetworkPlace): number {
  const direct = vectorDistanceKm(a.vector, b.vector);
  let best = direct <= DIRECT_KM ? direct : Number.POSITIVE_INFINITY;
  for (const { exchange, km } of a.attached) {
    const way = exchanges.km;
    for (const far of b.attached) {
      best = Math.min(best, km + (way[exchange * exchanges.vectors.length + far.exchange] ?? 0) + far.km);
    }
  }
  return best;
}

/** How differently two places are connected: root of the mean squared difference of their ways, in km. */
export function connectionDifferenceKm(a: NetworkPlace, b: NetworkPlace): number {
  let sum = 0;
  for (let index = 0; index < a.ways.length; index += 1) {
    const difference = (a.ways[index] ?? 0) - (b.ways[index] ?? 0);
    sum += difference * difference;
  }
  return Math.sqrt(sum / a.ways.length);
}

/** Floyd and Warshall over the table of routes, once per process. */
function shortestWays(): Exchanges {
  const vectors = EXCHANGES.map(([, latitude, longitude]) => unitVector({ latitude, longitude }));
  const size = vectors.length;
  const km = new Float64Array(size * size).fill(Number.POSITIVE_INFINITY);
  for (let index = 0; index < size; index += 1) km[index * size + index] = 0;
  const indexes = new Map(EXCHANGES.map(([name], index) => [name, index]));
  for (const [from, targets] of ROUTES) {
    for (const to of targets.split(" ")) link(indexes.get(from), indexes.get(to));
  }
  for (let via = 0; via < size; via += 1) {
    for (let from = 0; from < size; from += 1) relax(from, via);
  }
  return { vectors, km };

  function link(from: number | undefined, to: number | undefined): void {
    const [a, b] = [vectors[from ?? -1], vectors[to ?? -1]];
    if (from === undefined || to === undefined || a === undefined || b === undefined) return;
    const length = vectorDistanceKm(a, b) + HOP_KM;
    km[from * size + to] = length;
    km[to * size + from] = length;
  }
  function relax(from: number, via: number): void {
    const first = km[from * size + via] ?? Number.POSITIVE_INFINITY;
    if (first === Number.POSITIVE_INFINITY) return;
    for (let to = 0; to < size; to += 1) {
      const way = first + (km[via * size + to] ?? Number.POSITIVE_INFINITY);
      if (way < (km[from * size + to] ?? 0)) km[from * size + to] = way;
    }
  }
}
