/** A store that tells when something in it was written through it. */
import { KEY_LIST } from "../core/keys/key-list.ts";
import type { Store } from "./store.ts";

export interface WatchedStore extends Store {
  /** What edges read, as a version: `since` itself when nothing changed within `timeoutMs`. */
  changes(since: string, timeoutMs: number): Promise<string>;
  /** Answers whoever waits, with what there is. */
  release(): void;
}

/** `boot` tells one process from the next: a version of the one before is never the current one. */
export function watchedStore(store: Store, boot: string): WatchedStore {
  let count = 0;
  let waiting: (() => void)[] = [];
  const version = () => `${boot}-${count}`;
  const wake = () => {
    const woken = waiting;
    waiting = [];
    for (const answer of woken) answer();
  };
  return {
    ...store,
    async put(key, value, condition) {
      const written = await store.put(key, value, condition);
      if (written !== null && (key === "manifest" || key === "overlay" || key === KEY_LIST)) {
        count += 1;
        wake();
      }
      return written;
    },
    async changes(since, timeoutMs) {
      if (since === version()) {
        const { promise, resolve } = Promise.withResolvers<void>();
        const timer = setTimeout(resolve, timeoutMs);
        waiting.push(resolve);
        await promise;
        clearTimeout(timer);
        waiting = waiting.filter((one) => one !== resolve);
      }
      return version();
    },
    release: wake,
  };
}
