import { parseEnvelope } from "./manifest.ts";
import { partKey, REST_KEY } from "./part.ts";
import { sliceKey, withLists } from "./slice-lists.ts";

/** A snapshot in one piece: store keys and their texts, to be shipped with an edge for a start without a store. */
export type SnapshotBundle = Readonly<Record<string, string>>;

/**
 * Collects the newest snapshot of a store, in parts too where they are there; null when there is none. Throws when a slice
 * that it names is missing.
 */
export async function collectBundle(
  get: (key: string) => Promise<string | null>,
  digest: (text: string) => Promise<string>,
): Promise<SnapshotBundle | null> {
  const envelope = await get("manifest");
  if (envelope === null) return null;
  const parsed = parseEnvelope(envelope);
  if (!parsed.ok) throw new Error(`Cannot bundle the snapshot: manifest: ${parsed.problem}`);
  const bundle: Record<string, string> = { manifest: envelope };
  for (const hash of parsed.manifest.lists) bundle[sliceKey(hash)] = (await get(sliceKey(hash))) ?? "";
  const whole = await withLists(parsed.manifest, bundleReader(bundle));
  if (whole === null) throw new Error("Cannot bundle the snapshot: a list of its slices is missing");
  for (const { key, hash } of whole.slices) {
    const text = await get(sliceKey(hash));
    if (text === null) throw new Error(`Cannot bundle the snapshot: slice "${key}" is missing`);
    bundle[sliceKey(hash)] = text;
  }
  const hosts = [...new Set(whole.slices.map(({ key }) => key))].filter((key) => key !== "base");
  for (const key of [REST_KEY, ...(await Promise.all(hosts.map(async (host) => partKey(await digest(host)))))]) {
    const text = await get(key);
    if (text !== null) bundle[key] = text;
    // A store has them all, or none.
    if (text === null && key === REST_KEY) break;
  }
  return bundle;
}

/** Reads a bundle as if it were the store. */
export function bundleReader(bundle: SnapshotBundle): (key: string) => Promise<string | null> {
  return (key) => Promise.resolve(Object.hasOwn(bundle, key) ? (bundle[key] ?? null) : null);
}
