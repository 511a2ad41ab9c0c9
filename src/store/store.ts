/**
 * The store: the only place where control and edges meet. Snapshot and HealthOverlay go down, EdgeReport comes up.
 *
 * Keys are `/`-separated, of `[A-Za-z0-9._-]`, at most 256 characters. Values are opaque bytes, at most 25 MiB.
 */
export interface Store {
  /** For messages: `memory`, `file /var/lib/portolan`. */
  readonly name: string;
  /**
   * The value and its version, or null when there is none. A value is seen whole or not at all. May be stale by
   * as long as the implementation says; `put` with a condition never is. Rejects when the store cannot be reached:
   * that is not the same as null.
   */
  get(key: string): Promise<StoredValue | null>;
  /**
   * Writes the value if the condition holds at that moment: `any`, or the version that must be current (null for
   * "does not exist yet"). Atomic with respect to other writers. Resolves to the new version, or null when the
   * condition did not hold and nothing was written. After a rejection the value may be the old or the new one.
   */
  put(key: string, value: Uint8Array, condition: PutCondition): Promise<string | null>;
  /** Removes the value; no error when there is none. */
  delete(key: string): Promise<void>;
  /** Keys that begin with the prefix, sorted. */
  list(prefix: string): Promise<readonly string[]>;
}

export interface StoredValue {
  readonly value: Uint8Array;
  readonly version: string;
}

/** What a store must do to be pushed to: no conditions, so that nothing is ever published through it. */
export interface PushStore extends Pick<Store, "name" | "delete" | "list"> {
  get(key: string): Promise<Pick<StoredValue, "value"> | null>;
  put(key: string, value: Uint8Array, condition: "any"): Promise<unknown>;
  /** `put` of each, in as few calls as the store allows; after a rejection some may be there. */
  putAll?(values: ReadonlyMap<string, Uint8Array>): Promise<void>;
}

export type PutCondition = "any" | { readonly version: string | null };

/** Whether a write may happen when `current` is the version in force (null: there is no value). */
export function holds(condition: PutCondition, current: string | null): boolean {
  return condition === "any" || condition.version === current;
}

const PARALLEL_WRITES = 16;

/** Writes all of them, in any order; after a rejection some may be there. */
export async function writeAll(store: PushStore, values: ReadonlyMap<string, Uint8Array>): Promise<void> {
  if (store.putAll !== undefined) return await store.putAll(values);
  const entries = [...values];
  for (let from = 0; from < entries.length; from += PARALLEL_WRITES) {
    await Promise.all(entries.slice(from, from + PARALLEL_WRITES).map(([key, value]) => store.put(key, value, "any")));
  }
}

/** The key itself; RangeError when it is not one, so that no key ever leaves the store's folder. */
export function checkKey(key: string): string {
  const parts = key.split("/");
  if (key.length > 256 || parts.some((part) => !KEY_PART.test(part) || part === "." || part === "..")) {
    throw new RangeError(`Cannot use the store key "${key.slice(0, 80)}": it is not made of [A-Za-z0-9._-] parts`);
  }
  return key;
}

/** Whether the key is made of the hash of its value, which never changes then. */
export function isImmutable(key: string): boolean {
  return key.startsWith("slices/") || /^keys\/[0-9a-f]{64}$/.test(key);
}

const KEY_PART = /^[A-Za-z0-9._-]+$/;
