import { difference } from "../core/difference.ts";
import type { Version } from "../core/model.ts";
import { parseEnvelope } from "../core/snapshot/manifest.ts";
import { hashesOf, sliceKey, withLists } from "../core/snapshot/slice-lists.ts";
import { generationKey } from "../core/snapshot/publish.ts";
import type { Store } from "../store/store.ts";
import { textStore } from "../store/text.ts";

/** Generations kept for a rollback (at least five, FM06). */
const KEEP_GENERATIONS = 10;

/** Old generations of a store. */
export interface Retention {
  /** What a generation needs, by hash, which saves reading it again. */
  note(version: Version, hashes: readonly string[]): void;
  /** Deletes old manifests and the slices that only they named. Whatever a kept manifest names stays; so does `pinned`. */
  prune(pinned: Version | null): Promise<void>;
}

/** Keeps ten generations of the store. */
export function retention(store: Store): Retention {
  const text = textStore(store);
  const known = new Map<string, readonly string[]>();

  async function neededBy(key: string): Promise<readonly string[]> {
    let hashes = known.get(key);
    if (hashes === undefined) {
      const parsed = parseEnvelope((await text.get(key)) ?? "");
      const whole = parsed.ok ? await withLists(parsed.manifest, text.get) : null;
      hashes = whole === null ? [] : hashesOf(whole);
      // The live one moves.
      if (key !== "manifest") known.set(key, hashes);
    }
    return hashes;
  }

  /** Of `hashes`, those that none of the other generations names. */
  async function onlyIn(hashes: readonly string[], others: readonly string[]): Promise<readonly string[]> {
    let left = hashes;
    for (const other of others) {
      if (left.length === 0) break;
      left = difference(left, await neededBy(other)).removed;
    }
    return left;
  }

  return {
    note: (version, hashes) => void known.set(generationKey(version), hashes),
    async prune(pinned) {
      const pin = pinned === null ? null : generationKey(pinned);
      const manifests = (await store.list("manifests/")).filter((key) => key !== pin);
      const old = manifests.slice(0, Math.max(0, manifests.length - KEEP_GENERATIONS));
      // The newest first: it shares the most with those that go.
      const kept = [...manifests.slice(-KEEP_GENERATIONS).reverse(), "manifest", ...(pin === null ? [] : [pin])];
      for (const key of old) {
        for (const hash of await onlyIn(await neededBy(key), kept)) await store.delete(sliceKey(hash));
        await store.delete(key);
        known.delete(key);
      }
    },
  };
}
