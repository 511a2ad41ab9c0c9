import type { Version } from "../core/model.ts";
import { generationKey } from "../core/snapshot/publish.ts";
import { parseEnvelope } from "../core/snapshot/manifest.ts";
import type { Store } from "../store/store.ts";
import { textStore } from "../store/text.ts";

/** Generations kept for a rollback (at least five, FM06). */
const KEEP_GENERATIONS = 10;

/** Deletes old manifests and the slices that only they named. Whatever a kept manifest names stays; so does `pinned`. */
export async function pruneGenerations(store: Store, pinned: Version | null): Promise<void> {
  const pin = pinned === null ? null : generationKey(pinned);
  const manifests = (await store.list("manifests/")).filter((key) => key !== pin);
  const old = manifests.slice(0, Math.max(0, manifests.length - KEEP_GENERATIONS));
  if (old.length === 0) return;
  const text = textStore(store);
  const slicesOf = async (key: string) => {
    const parsed = parseEnvelope((await text.get(key)) ?? "");
    return parsed.ok ? parsed.manifest.slices.map((slice) => slice.hash) : [];
  };
  const needed = new Set<string>();
  for (const key of ["manifest", ...manifests.slice(-KEEP_GENERATIONS), ...(pin === null ? [] : [pin])]) {
    for (const hash of await slicesOf(key)) needed.add(hash);
  }
  for (const key of old) {
    for (const hash of await slicesOf(key)) if (!needed.has(hash)) await store.delete(`slices/${hash}`);
    await store.delete(key);
  }
}
