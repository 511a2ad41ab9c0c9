/**
 * What an instance on Fastly leaves to the next one in the cache of its POP: what it read a moment ago, so that not every
 * request asks the store, and what was good last, for when the store fails or what it holds cannot be believed.
 */
import { SimpleCache } from "fastly:cache";
import { REST_KEY } from "../src/core/snapshot/part.ts";

/** As long as Fastly keeps anything. */
const GOOD_SECONDS = 2_592_000;

export interface KeptTexts {
  /** Out of the cache for a moment, else out of the store. */
  readonly get: (key: string) => Promise<string | null>;
  /** What was good last; null when nothing was. */
  readonly good: (key: string) => Promise<string | null>;
  /** Keeps what was read from the store: it was good. */
  readonly keep: () => void;
}

/** Around a store; `seconds` is how long a text is taken for current. */
export function keptTexts(store: (key: string) => Promise<string | null>, seconds: number): KeptTexts {
  const read = new Map<string, string>();
  const cached = async (key: string) => (await SimpleCache.get(key)?.text()) ?? null;
  return {
    async get(key) {
      const fresh = seconds < 1 ? null : await cached(`fresh ${key}`);
      if (fresh !== null) return fresh;
      const text = await store(key);
      if (text === null) return null;
      read.set(key, text);
      if (seconds >= 1) SimpleCache.set(`fresh ${key}`, text, Math.floor(seconds));
      return text;
    },
    good: (key) => cached(`good ${key}`),
    keep() {
      for (const [key, text] of read) if (isPart(key)) SimpleCache.set(`good ${key}`, text, GOOD_SECONDS);
    },
  };
}

/** Health is of the moment: it is not kept. */
function isPart(key: string): boolean {
  return key === REST_KEY || /^parts\/[0-9a-f]{64}$/.test(key);
}
