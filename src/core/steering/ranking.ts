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
  /** Unique in its table. */
  readonly number: number;
  /** Counts fillings: what was made from an earlier one is out of date. */
  readonly made: number;
  readonly order: Uint16Array;
  /** Whole microseconds, as measured or estimated. */
  readonly costUs: Float64Array;
  /** Costs after bias, which is what is compared. */
  readonly biasedUs: Float64Array;
  readonly basis: CostBasis[];
}

/** What the rankings under one set of biases are made from. */
export interface RankerParts {
  /** Unique in its table. */
  readonly number: number;
  readonly clusters: readonly Cluster[];
  /** Places of the clusters that have one, by name. */
  readonly places: ReadonlyMap<string, UnitVector>;
  /** By cluster index. */
  readonly biases: readonly number[];
}

/** 19 hours: what is farther is equally far, so that a cost and a name fit into one number. */
const FARTHEST_US = 2 ** 36;
/** More than there are clusters. */
const NAMES = 65_536;

interface Slot extends Ranking {
  made: number;
  place: string | null;
  latitude: number;
  longitude: number;
  serial: number;
  second: number;
}

/** Places that are kept, in pairs: a place may lie in either of two slots. */
const SLOTS = 4096;

/** Ranks clusters under one set of biases: `rank` does it, this is what it keeps. */
export interface Ranker extends RankerParts {
  /** Cluster indexes by name, and the place of each cluster among them. */
  readonly byName: readonly number[];
  readonly nameRank: readonly number[];
  /** Places by cluster index. */
  readonly vectors: readonly (UnitVector | undefined)[];
  /** Room for one sort. */
  readonly keys: Float64Array;
  readonly slots: (Slot | undefined)[];
}

/** A ranker with an empty memo. */
export function ranker(parts: RankerParts): Ranker {
  // Equal costs go by name, so that they never depend on the order of the input.
  const byName = parts.clusters.map((_, index) => index).sort((a, b) => compareNames(parts.clusters, a, b));
  const { clusters, places } = parts;
  const nameRank = clusters.map((_, index) => byName.indexOf(index));
  const vectors = clusters.map(({ name }) => places.get(name));
  return { ...parts, byName, nameRank, vectors, keys: new Float64Array(clusters.length), slots: [] };
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
  const mixed = Math.imul(Math.imul(latitude * 8192, 0x9e3779b1) ^ (longitude * 8192), 0x85ebca6b);
  const at = (mixed ^ (mixed >>> 15)) & (SLOTS - 1);
  const known = isOf(slots[at], latitude, longitude, place) ?? isOf(slots[at ^ 1], latitude, longitude, place);
  if (known !== null && known.serial === serial && known.second === second) return known;
  const other = slots[at] === undefined || slots[at ^ 1] !== undefined ? at : at ^ 1;
  const slot = known ?? slots[other] ?? emptySlot(ranker.number * SLOTS + other, ranker.clusters.length);
  if (known === null) slots[other] = slot;
  slot.place = place;
  slot.latitude = latitude;
  slot.longitude = longitude;
  slot.serial = serial;
  slot.second = second;
  const from = point === null ? null : unitVector(point);
  fill(slot, ranker, { vantage, from, health, nowMs: second });
  return slot;
}

function isOf(slot: Slot | undefined, latitude: number, longitude: number, place: string | null): Slot | null {
  if (slot === undefined || slot.latitude !== latitude || slot.longitude !== longitude) return null;
  return slot.place === place ? slot : null;
}

function emptySlot(number: number, count: number): Slot {
  return {
    number,
    made: 0,
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
  { clusters, vectors, biases, byName, nameRank, keys }: Ranker,
  context: Parameters<typeof clusterCost>[2],
): void {
  const { costUs, biasedUs, basis, order } = slot;
  let changed = slot.made === 0;
  for (const [index, cluster] of clusters.entries()) {
    const cost = clusterCost(cluster, vectors[index], context);
    if (costUs[index] === cost.us && basis[index] === cost.basis) continue;
    changed = true;
    costUs[index] = cost.us;
    biasedUs[index] = biasedCost(cost.us, biases[index] ?? 0);
    basis[index] = cost.basis;
  }
  // Another second or another view mostly brings the same costs, and what was made from them still holds.
  if (!changed) return;
  slot.made += 1;
  // 1. cost; 2. name. One number for both sorts ten times as fast as comparing: costs are whole.
  for (let index = 0; index < keys.length; index += 1) {
    keys[index] = Math.min(biasedUs[index] ?? 0, FARTHEST_US) * NAMES + (nameRank[index] ?? 0);
  }
  keys.sort();
  for (let at = 0; at < keys.length; at += 1) {
    const key = keys[at] ?? 0;
    // The remainder, as a processor has it: `%` of numbers beyond 32 bits is a library call.
    order[at] = byName[key - Math.floor(key / NAMES) * NAMES] ?? 0;
  }
}

/** ms · (1 − bias/100) in whole microseconds (Route 53's present formula for all biases). */
export function biasedCost(us: number, bias: number): number {
  return Math.round((us * (100 - bias)) / 100);
}

function compareNames(clusters: readonly Cluster[], a: number, b: number): number {
  const [one, other] = [clusters[a]?.name ?? "", clusters[b]?.name ?? ""];
  return one < other ? -1 : one > other ? 1 : 0;
}
