/**
 * All clusters by cost from one place, nearest first. An edge that knows its own place asks for the same ranking at
 * every request, and clients come from few places, so rankings are kept: a memo, seen only as time.
 */
import { type UnitVector, unitVector } from "../geo/distance.ts";
import type { HealthView } from "../health/view.ts";
import type { CostBasis, Vantage } from "../decision.ts";
import type { Cluster } from "../model.ts";
import { clusterCost } from "./cost.ts";

/** Arrays are by cluster index, `order` holds cluster indexes. */
export interface Ranking {
  readonly order: Uint16Array;
  /** Whole microseconds, as measured or estimated. */
  readonly costUs: Float64Array;
  /** Costs after bias, which is what is compared. */
  readonly biasedUs: Float64Array;
  readonly basis: CostBasis[];
}

/** What the rankings under one set of biases are made from. */
export interface RankerParts {
  readonly clusters: readonly Cluster[];
  /** Places of the clusters that have one, by name. */
  readonly places: ReadonlyMap<string, UnitVector>;
  /** By cluster index. */
  readonly biases: readonly number[];
}

interface Slot extends Ranking {
  place: string | null;
  latitude: number;
  longitude: number;
  serial: number;
  second: number;
}

const SLOTS = 256;

/** Ranks clusters under one set of biases: `rank` does it, this is what it keeps. */
export interface Ranker extends RankerParts {
  /** Cluster indexes by name. */
  readonly byName: readonly number[];
  readonly slots: (Slot | undefined)[];
}

/** A ranker with an empty memo. */
export function ranker(parts: RankerParts): Ranker {
  // Equal costs go by name, so that they never depend on the order of the input.
  const byName = parts.clusters.map((_, index) => index).sort((a, b) => compareNames(parts.clusters, a, b));
  return { ...parts, byName, slots: Array.from({ length: SLOTS }) };
}

/** The ranking from one place. `serial` names the health view: one that was made under another view is made again. */
export function rank(
  ranker: Ranker,
  vantage: Vantage,
  health: HealthView,
  { nowMs, serial: view }: { readonly nowMs: number; readonly serial: number },
): Ranking {
  const { slots } = ranker;
  const { place, point } = vantage;
  // Without a place's name nothing measured counts: neither health nor the clock has a say.
  const serial = place === null ? -1 : view;
  // The age of a measurement is judged by the second, so that the answer is the same with and without the memo.
  const second = place === null ? 0 : nowMs - (nowMs % 1000);
  const latitude = point?.latitude ?? 91;
  const longitude = point?.longitude ?? 0;
  const at = (Math.imul(latitude * 8192, 0x9e3779b1) ^ Math.imul(longitude * 8192, 0x85ebca6b)) >>> 24;
  const known = slots[at];
  if (
    known !== undefined &&
    known.latitude === latitude &&
    known.longitude === longitude &&
    known.place === place &&
    known.serial === serial &&
    known.second === second
  ) {
    return known;
  }
  const slot = known ?? emptySlot(ranker.clusters.length);
  slots[at] = slot;
  Object.assign(slot, { place, latitude, longitude, serial, second });
  const from = point === null ? null : unitVector(point);
  fill(slot, ranker, { vantage, from, health, nowMs: second });
  return slot;
}

function emptySlot(count: number): Slot {
  return {
    order: new Uint16Array(count),
    costUs: new Float64Array(count),
    biasedUs: new Float64Array(count),
    basis: [],
    place: null,
    latitude: 0,
    longitude: 0,
    serial: -2,
    second: 0,
  };
}

function fill(
  slot: Slot,
  { clusters, places, biases, byName }: Ranker,
  context: Parameters<typeof clusterCost>[2],
): void {
  const { costUs, biasedUs, basis, order } = slot;
  for (const [index, cluster] of clusters.entries()) {
    const cost = clusterCost(cluster, places.get(cluster.name), context);
    costUs[index] = cost.us;
    biasedUs[index] = biasedCost(cost.us, biases[index] ?? 0);
    basis[index] = cost.basis;
  }
  order.set(byName);
  order.sort((a, b) => (biasedUs[a] ?? 0) - (biasedUs[b] ?? 0) || compareNames(clusters, a, b));
}

/** ms · (1 − bias/100) in whole microseconds (Route 53's present formula for all biases). */
export function biasedCost(us: number, bias: number): number {
  return Math.round((us * (100 - bias)) / 100);
}

function compareNames(clusters: readonly Cluster[], a: number, b: number): number {
  const [one, other] = [clusters[a]?.name ?? "", clusters[b]?.name ?? ""];
  return one < other ? -1 : one > other ? 1 : 0;
}
