/** A store's snapshots kept in another one, so that a start does without the first. */
import type { Version } from "../core/model.ts";
import { compareVersions, parseEnvelope } from "../core/snapshot/manifest.ts";
import { hashesOf, sliceKey, withLists } from "../core/snapshot/slice-lists.ts";
import type { Store } from "./store.ts";
import { textStore } from "./text.ts";

export interface KeptReader {
  /** As the source answers; what it answers is noted. */
  readonly get: (key: string) => Promise<string | null>;
  /** What was kept before, whatever the source says. */
  readonly kept: (key: string) => Promise<string | null>;
  /** Keeps the manifest that was read last, if it is the version that was loaded: one that was refused is no start. */
  commit(loaded: Version): Promise<void>;
}

/** Keeps what is read from `source` in `store`. A store that cannot be written is told and otherwise harmless. */
export function keptReader(
  source: (key: string) => Promise<string | null>,
  store: Store,
  onProblem: (error: unknown) => void,
): KeptReader {
  const text = textStore(store);
  let manifest: string | null = null;
  let committed: string | null = null;
  const quietly = async (work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (error) {
      onProblem(error);
    }
  };
  return {
    kept: text.get,
    async get(key) {
      const value = await source(key);
      if (value === null) return value;
      if (key === "manifest") manifest = value;
      // A slice is useless without its manifest, and a manifest without its slices: the manifest comes last.
      if (key.startsWith("slices/")) await quietly(() => text.put(key, value, "any"));
      return value;
    },
    async commit(loaded) {
      const wanted = manifest;
      if (wanted === null || wanted === committed) return;
      const read = parseEnvelope(wanted);
      if (!read.ok || compareVersions(read.manifest, loaded) !== 0) return;
      await quietly(async () => {
        await text.put("manifest", wanted, "any");
        committed = wanted;
        const whole = await withLists(read.manifest, text.get);
        if (whole === null) return;
        const needed = new Set(hashesOf(whole).map((hash) => sliceKey(hash)));
        for (const key of await store.list("slices/")) if (!needed.has(key)) await store.delete(key);
      });
    },
  };
}
