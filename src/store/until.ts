/** A store for work with a time budget: once the time is up nothing more is read or written. */
import type { Store } from "./store.ts";

/** Every call rejects with the signal's reason once it has aborted; a call under way is finished. */
export function storeUntil(store: Store, signal: AbortSignal): Store {
  return {
    name: store.name,
    async get(key) {
      signal.throwIfAborted();
      return await store.get(key);
    },
    async put(key, value, condition) {
      signal.throwIfAborted();
      return await store.put(key, value, condition);
    },
    async delete(key) {
      signal.throwIfAborted();
      await store.delete(key);
    },
    async list(prefix) {
      signal.throwIfAborted();
      return await store.list(prefix);
    },
  };
}
