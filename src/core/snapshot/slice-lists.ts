/**
 * The references of a manifest in lists: the manifest of 50,000 hosts would have 5 MB, and every edge would parse them at
 * each change of one host. A list is stored like a slice, under its hash; an edge reads those that it does not have.
 */
import { hash32 } from "../steering/hash.ts";
import { parse, type Parsed } from "./guard.ts";
import { type Manifest, readSliceRefs, type SliceRef } from "./manifest.ts";
import { LIMITS } from "./shapes.ts";

/** So many stand in the manifest itself. */
const IN_MANIFEST = 1000;
/** One name in so many ends a list, wherever it stands: a host that comes or goes changes one list, not all behind it. */
const ENDS_ONE_IN = 250;

/** Where a slice is kept, or a list of them. */
export function sliceKey(hash: string): string {
  return `slices/${hash}`;
}

/** Lists whose texts have some tens of KB; none where the manifest holds them all. */
export function cutRefs(refs: readonly SliceRef[]): readonly (readonly SliceRef[])[] {
  if (refs.length <= IN_MANIFEST) return [];
  const lists: SliceRef[][] = [];
  let list: SliceRef[] = [];
  for (const ref of refs) {
    list.push(ref);
    if (list.length < LIMITS.slicesPerList && hash32(ref.key) % ENDS_ONE_IN !== 0) continue;
    lists.push(list);
    list = [];
  }
  return list.length === 0 ? lists : [...lists, list];
}

/** The way back; total. */
export function parseList(json: string): Parsed<readonly SliceRef[]> {
  return parse(readSliceRefs, json);
}

/** A manifest with all of its slices, for whoever trusts the store; null when a list of it is missing or malformed. */
export async function withLists(
  manifest: Manifest,
  get: (key: string) => Promise<string | null>,
): Promise<Manifest | null> {
  const slices = [...manifest.slices];
  for (const hash of manifest.lists) {
    const read = parseList((await get(sliceKey(hash))) ?? "");
    if (!read.ok) return null;
    slices.push(...read.value);
  }
  return { ...manifest, slices };
}

/** Everything that a manifest needs in the store, by hash. */
export function hashesOf({ lists, slices }: Pick<Manifest, "lists" | "slices">): readonly string[] {
  return [...lists, ...slices.map(({ hash }) => hash)];
}
