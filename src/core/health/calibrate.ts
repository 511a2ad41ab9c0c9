/**
 * Round-trips that nobody measured, from those that somebody did: kriging of what the measurements differ from the
 * prior. The prior is the way through the network (`geo/network-distance.ts`); two pairs resemble one another as far
 * as their edges, and their clusters, are connected alike. Weights and constants: docs/measurement.md.
 */
import { connectionDifferenceKm, networkKm, type NetworkPlace } from "../geo/network-distance.ts";
import { choleskySolve } from "./cholesky.ts";

export interface KnownRoundTrip {
  readonly place: string;
  readonly cluster: string;
  readonly us: number;
}

/** Estimates the round-trip of a place and a cluster in whole microseconds; null for a name without a place. */
export type Calibrated = (place: string, cluster: string) => number | null;

const LOCAL_MS = 20;
const LOCAL_KM = 150;
const MS_PER_KM = 0.0145;
/** Where the resemblance of two places is down to half. */
const LENGTH_KM = 3000;
/** What is an edge's, and a cluster's, very own: its provider, its building. */
const OWN_EDGE = 0.1;
const OWN_CLUSTER = 0.4;
/** Variances, in units of `scaleMs`: common to all, of an edge, of a cluster, of the pair, of one measurement. */
const VARIANCE = { common: 2, edge: 0.5, cluster: 4, pair: 1, noise: 0.1 } as const;
/** A detour over another continent says little about the neighbours. */
const CLIP = 2.5;
/** The nearest of the places that measured this cluster, and the nearest pairs of nearest places and clusters. */
const SAME_CLUSTER = 16;
const NEAR_PLACES = 6;
const NEAR_CLUSTERS = 6;

/** What a way of that many km costs before anybody measured it. */
export function networkPriorMs(km: number): number {
  return 0.5 + (LOCAL_MS * km) / (km + LOCAL_KM) + MS_PER_KM * km;
}

interface Pair {
  readonly place: number;
  readonly cluster: number;
  readonly residual: number;
}

/** Learns from what is known; deterministic, and the order of its arguments never matters. */
export function calibrate(
  places: ReadonlyMap<string, NetworkPlace>,
  clusters: ReadonlyMap<string, NetworkPlace>,
  known: readonly KnownRoundTrip[],
): Calibrated {
  const [placeNames, clusterNames] = [[...places.keys()].sort(), [...clusters.keys()].sort()];
  const placeIndex = new Map(placeNames.map((name, index) => [name, index]));
  const clusterIndex = new Map(clusterNames.map((name, index) => [name, index]));
  const placeList = placeNames.flatMap((name) => places.get(name) ?? []);
  const clusterList = clusterNames.flatMap((name) => clusters.get(name) ?? []);
  const alike = { places: likeness(placeList, OWN_EDGE), clusters: likeness(clusterList, OWN_CLUSTER) };
  const prior = (place: number, cluster: number): number => {
    const [from, to] = [placeList[place], clusterList[cluster]];
    return from === undefined || to === undefined ? 0 : networkPriorMs(networkKm(from, to));
  };
  const pairs = new Map<number, Pair>();
  const key = (place: number, cluster: number) => place * clusterList.length + cluster;
  for (const trip of known) {
    const [place, cluster] = [placeIndex.get(trip.place), clusterIndex.get(trip.cluster)];
    if (place === undefined || cluster === undefined) continue;
    const expected = prior(place, cluster);
    const residual = (trip.us / 1000 - expected) / scaleMs(expected);
    pairs.set(key(place, cluster), { place, cluster, residual: Math.max(-CLIP, Math.min(CLIP, residual)) });
  }
  const probing = [...new Set([...pairs.values()].map((pair) => pair.place))];
  const probed = [...new Set([...pairs.values()].map((pair) => pair.cluster))];

  const covariance = (a: Pick<Pair, "place" | "cluster">, b: Pick<Pair, "place" | "cluster">): number => {
    const edge = alike.places(a.place, b.place);
    const cluster = alike.clusters(a.cluster, b.cluster);
    return VARIANCE.common + VARIANCE.edge * edge + VARIANCE.cluster * cluster + VARIANCE.pair * edge * cluster;
  };
  const witnesses = (place: number, cluster: number): readonly Pair[] => {
    const nearPlaces = nearest(probing, (one) => alike.places(place, one));
    const nearClusters = nearest(probed, (one) => alike.clusters(cluster, one)).filter((one) => one !== cluster);
    const same = nearPlaces.flatMap((one) => pairs.get(key(one, cluster)) ?? []).slice(0, SAME_CLUSTER);
    const others = nearPlaces
      .slice(0, NEAR_PLACES)
      .flatMap((one) => nearClusters.slice(0, NEAR_CLUSTERS).flatMap((other) => pairs.get(key(one, other)) ?? []));
    return [...same, ...others];
  };

  return (placeName, clusterName) => {
    const [place, cluster] = [placeIndex.get(placeName), clusterIndex.get(clusterName)];
    if (place === undefined || cluster === undefined) return null;
    const expected = prior(place, cluster);
    const seen = witnesses(place, cluster);
    const matrix = seen.map((a, row) =>
      Float64Array.from({ length: row + 1 }, (_, column) => {
        const b = seen[column] ?? a;
        return covariance(a, b) + (row === column ? VARIANCE.noise : 0);
      }),
    );
    const weights = choleskySolve(
      matrix,
      seen.map((pair) => pair.residual),
    );
    let residual = 0;
    for (const [index, pair] of seen.entries())
      residual += (weights[index] ?? 0) * covariance({ place, cluster }, pair);
    // Nothing is faster than the light in a tenth of the way.
    return Math.round(1000 * Math.max(0.1 * expected, expected + residual * scaleMs(expected)));
  };
}

/** How far measurements spread around the prior. */
function scaleMs(expectedMs: number): number {
  return 3 * Math.sqrt(10 + expectedMs);
}

/** 1 for the same place, less the more differently two are connected; a kernel that is positive definite. */
function likeness(places: readonly NetworkPlace[], own: number): (a: number, b: number) => number {
  const size = places.length;
  const known = new Float64Array(size * size).fill(Number.NaN);
  return (a, b) => {
    if (a === b) return 1;
    const at = a < b ? a * size + b : b * size + a;
    const cached = known[at] ?? Number.NaN;
    if (!Number.isNaN(cached)) return cached;
    const [one, other] = [places[a], places[b]];
    if (one === undefined || other === undefined) return 0;
    const ratio = connectionDifferenceKm(one, other) / LENGTH_KM;
    const value = (1 - own) / (1 + ratio * ratio);
    known[at] = value;
    return value;
  };
}

/** 1. most alike; 2. lowest index, which is the order of the names. */
function nearest(indexes: readonly number[], alike: (index: number) => number): readonly number[] {
  return indexes
    .map((index) => ({ index, alike: alike(index) }))
    .sort((a, b) => b.alike - a.alike || a.index - b.index)
    .map(({ index }) => index);
}
