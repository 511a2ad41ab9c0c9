import { checkKey, holds, type PutCondition, type Store, type StoredValue } from "./store.ts";

/** The strict reference: everything the contract says, in one process's memory. */
export function memoryStore(): Store {
  const values = new Map<string, StoredValue>();
  let writes = 0;
  return {
    name: "memory",
    async get(key) {
      const stored = values.get(checkKey(key));
      // A copy, as from any other store: what a caller does with it stays with the caller.
      return stored === undefined ? null : { ...stored, value: stored.value.slice() };
    },
    async put(key, value, condition: PutCondition) {
      const current = values.get(checkKey(key))?.version ?? null;
      if (!holds(condition, current)) return null;
      writes += 1;
      const version = String(writes);
      values.set(key, { value: value.slice(), version });
      return version;
    },
    async delete(key) {
      values.delete(checkKey(key));
    },
    async list(prefix) {
      return [...values.keys()].filter((key) => key.startsWith(prefix)).sort();
    },
  };
}
