import type { KnownObject } from "./kinds.ts";
import { compareNames } from "./kinds.ts";

type AnyObject = KnownObject["object"];

/** The objects of one kind by key, and as a sorted list that one change does not sort anew. */
export interface SortedObjects {
  get(key: string): KnownObject | undefined;
  set(key: string, known: KnownObject): void;
  delete(key: string): void;
  /** The same list until something changes; a list that was given away is never changed. */
  list(): readonly AnyObject[];
  /** The list of `KubeObjects` that these belong to; null when there are none. */
  belongsTo(): KnownObject["list"] | null;
}

/** So many changes at once are put in one by one; more of them are sorted. */
const FEW = 100;

export function sortedObjects(): SortedObjects {
  const objects = new Map<string, KnownObject>();
  let sorted: readonly AnyObject[] | null = null;
  /** What was in the list under each key that changed since. */
  const before = new Map<string, AnyObject | null>();

  function note(key: string): void {
    if (sorted !== null && !before.has(key)) before.set(key, objects.get(key)?.object ?? null);
  }

  function patched(from: readonly AnyObject[]): readonly AnyObject[] {
    const next = [...from];
    for (const [key, old] of before) {
      const now = objects.get(key)?.object ?? null;
      if (old !== null) next.splice(placeOf(next, old), 1);
      if (now !== null) next.splice(placeOf(next, now), 0, now);
    }
    return next;
  }

  return {
    get: (key) => objects.get(key),
    set(key, known) {
      note(key);
      objects.set(key, known);
    },
    delete(key) {
      note(key);
      objects.delete(key);
    },
    list() {
      if (sorted === null || before.size > FEW) {
        sorted = [...objects.values()].map(({ object }) => object).sort(compareNames);
      } else if (before.size > 0) sorted = patched(sorted);
      before.clear();
      return sorted;
    },
    belongsTo() {
      for (const { list } of objects.values()) return list;
      return null;
    },
  };
}

/** Where it is in the list, or would be. */
function placeOf(list: readonly AnyObject[], object: AnyObject): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = list[middle];
    if (other !== undefined && compareNames(other, object) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
