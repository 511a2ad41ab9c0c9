/**
 * Spreads replicas over clusters as federation v1 and kubefed did, so that what runs by their annotations keeps its
 * places:
 *
 * 1. minimums, in the order of weights;
 * 2. unless it rebalances, what runs already stays as far as there is room;
 * 3. the rest by weights, in rounds, since a cluster that is full gives its share to the others.
 *
 * Shares are rounded up, so that the last cluster gets the short one: 10 over three is 4, 4, 2. `webster.ts` is fairer.
 */
import { compareText } from "../match-route.ts";
import type { ClusterPreference, ReplicaPreferences } from "./preferences.ts";

export interface ReplicaPlanInput {
  readonly total: number;
  readonly preferences: ReplicaPreferences;
  readonly clusters: readonly string[];
  /** Replicas that run now; clusters without any may be left out. */
  readonly current: ReadonlyMap<string, number>;
  /** Replicas that a cluster has room for; unlimited where it says nothing. */
  readonly capacity: ReadonlyMap<string, number>;
  /** `namespace/name`: so that single replicas of different workloads do not all land in one cluster. */
  readonly workload: string;
  /**
   * Whose running replicas are kept when not all can stay. `weights`: those of the clusters that are visited first, as
   * upstream, where 50 of 10 and 70 end as 0 and 50. `small-first`: a cluster gives none up before another has fewer
   * left, so that they end as 10 and 40 (kubernetes#31816).
   */
  readonly keep: "weights" | "small-first";
}

export interface ReplicaPlan {
  /** Every available cluster. */
  readonly plan: ReadonlyMap<string, number>;
  /** Wanted beyond the capacity: written all the same, so that an autoscaler sees what is missing. */
  readonly overflow: ReadonlyMap<string, number>;
}

interface Place extends ClusterPreference {
  readonly cluster: string;
  readonly capacity: number;
  planned: number;
  /** Replicas that stay where they run, and that the weights have not accounted for yet. */
  kept: number;
  overflow: number;
}

/** Plans; the order of clusters does not matter. */
export function planReplicas(input: ReplicaPlanInput): ReplicaPlan {
  const places = visitOrder(input);
  let left = input.total;
  for (const place of places) {
    place.planned = Math.min(place.minReplicas, left, place.capacity);
    left -= place.planned;
  }
  if (!input.preferences.rebalance) left = keepRunning(places, left, input);
  left = spread(places, left);
  const { rebalance } = input.preferences;
  const overflow = places
    .map((place): [string, number] => [place.cluster, rebalance ? place.overflow : Math.min(place.overflow, left)])
    .filter(([, count]) => count > 0);
  const plan = new Map(input.clusters.map((cluster): [string, number] => [cluster, 0]));
  for (const place of places) plan.set(place.cluster, place.planned);
  return { plan, overflow: new Map(overflow) };
}

/** What is written to each cluster. */
export function writtenReplicas({ plan, overflow }: ReplicaPlan): ReadonlyMap<string, number> {
  return new Map([...plan].map(([cluster, count]) => [cluster, count + (overflow.get(cluster) ?? 0)]));
}

function visitOrder({ clusters, preferences, capacity, workload }: ReplicaPlanInput): readonly Place[] {
  const places = clusters.flatMap((cluster): readonly Place[] => {
    const preference = preferences.clusters.get(cluster) ?? preferences.clusters.get("*");
    if (preference === undefined) return [];
    const room = capacity.get(cluster) ?? Number.POSITIVE_INFINITY;
    return [{ ...preference, cluster, capacity: room, planned: 0, kept: 0, overflow: 0 }];
  });
  // 1. weight; 2. a hash of cluster and workload; 3. name, for hashes that collide.
  const hash = new Map(places.map(({ cluster }) => [cluster, fnv1(`${cluster}${workload}`)]));
  return places.sort(
    (a, b) =>
      b.weight - a.weight ||
      (hash.get(a.cluster) ?? 0) - (hash.get(b.cluster) ?? 0) ||
      compareText(a.cluster, b.cluster),
  );
}

function keepRunning(places: readonly Place[], remaining: number, { current, keep }: ReplicaPlanInput): number {
  const running = (place: Place): number => current.get(place.cluster) ?? 0;
  const order = keep === "weights" ? places : places.toSorted((a, b) => running(a) - running(b));
  let left = remaining;
  for (const place of order) {
    const target = Math.min(running(place), place.maxReplicas ?? Number.POSITIVE_INFINITY, place.capacity);
    const extra = Math.max(0, Math.min(target - place.planned, left));
    place.planned += extra;
    place.kept = extra;
    left -= extra;
  }
  return left;
}

/** By weights, in rounds while something moves; returns what found no place. */
function spread(places: readonly Place[], remaining: number): number {
  let left = remaining;
  let active = places;
  for (let changed = true; changed && left > 0; ) {
    changed = false;
    const [share, weights] = [left, active.reduce((sum, place) => sum + place.weight, 0)];
    if (weights === 0) break;
    const full = new Set<Place>();
    for (const place of active) {
      const due = Math.min(ceilShare(share, place.weight, weights), left);
      // What stays where it runs is part of the share.
      const used = Math.min(due, place.kept);
      place.kept -= used;
      let total = place.planned + due - used;
      if (place.maxReplicas !== null && total > place.maxReplicas) {
        total = place.maxReplicas;
        full.add(place);
      }
      if (total > place.capacity) {
        place.overflow = total - place.capacity;
        total = place.capacity;
        full.add(place);
      }
      if (used > 0 || total > place.planned) changed = true;
      left -= total - place.planned;
      place.planned = total;
    }
    active = active.filter((place) => !full.has(place));
  }
  return left;
}

function ceilShare(count: number, weight: number, weights: number): number {
  return Math.floor((count * weight + weights - 1) / weights);
}

/** FNV-1 (multiply, then xor), 32 bits, over UTF-8. */
export function fnv1(text: string): number {
  let hash = 2_166_136_261;
  for (const byte of utf8(text)) hash = (Math.imul(hash, 16_777_619) ^ byte) >>> 0;
  return hash;
}

/** The bytes of a text; the core has no TextEncoder. */
function* utf8(text: string): Generator<number> {
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (code < 0x80) yield code;
    else if (code < 0x800) yield* [0xc0 | (code >> 6), 0x80 | (code & 63)];
    else if (code < 0x10000) yield* [0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63)];
    else yield* [0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63)];
  }
}
