import { describe, expect, it } from "vitest";
import type { Store } from "../../src/store/store.ts";

/** An empty store, and a second handle on the same one. */
export type StoreHandles = readonly [store: Store, other: Store];

/** Takes a test of the suite. */
export type RegisterStoreTest = (name: string, run: (handles: StoreHandles) => Promise<void>) => void;

/** What is no key, and how a test is called after it. */
export const NO_KEYS: readonly (readonly [name: string, key: string])[] = [
  ...["", "../a", "a/../b", "a//b", "/a", "a b", "a\u0000"].map((key) => [JSON.stringify(key), key] as const),
  ["of 257 characters", "a".repeat(257)],
];

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (value: Uint8Array | undefined) => new TextDecoder().decode(value);

/** Every test of the suite, in order. */
export function storeTests(test: RegisterStoreTest): void {
  test("answers null for a key that was never written", async ([store]) => {
    expect(await store.get("a/b")).toBeNull();
  });

  test("gives back what was put, also through another handle", async ([store, other]) => {
    const version = await store.put("a/b", bytes("one"), "any");
    const stored = await other.get("a/b");
    expect(text(stored?.value)).toBe("one");
    expect(stored?.version).toBe(version);
  });

  test("is not changed by what a caller does with the bytes", async ([store]) => {
    const value = bytes("one");
    await store.put("a", value, "any");
    value[0] = 0;
    const stored = await store.get("a");
    expect(text(stored?.value)).toBe("one");
    stored?.value.fill(0);
    expect(text((await store.get("a"))?.value)).toBe("one");
  });

  test("creates only where nothing is", async ([store]) => {
    expect(await store.put("a", bytes("one"), { version: null })).not.toBeNull();
    expect(await store.put("a", bytes("two"), { version: null })).toBeNull();
    expect(text((await store.get("a"))?.value)).toBe("one");
  });

  test("replaces only the version that was read", async ([store, other]) => {
    const first = await store.put("a", bytes("one"), "any");
    const second = await other.put("a", bytes("two"), { version: first });
    expect(second).not.toBeNull();
    expect(await store.put("a", bytes("three"), { version: first })).toBeNull();
    expect(text((await store.get("a"))?.value)).toBe("two");
  });

  test("lets exactly one of many writers win", async ([store, other]) => {
    const writers = Array.from({ length: 20 }, (_, index) =>
      (index % 2 === 0 ? store : other).put("a", bytes(`writer ${index}`), { version: null }),
    );
    const won = (await Promise.all(writers)).filter((version) => version !== null);
    expect(won).toHaveLength(1);
  });

  test("deletes, and does not mind deleting nothing", async ([store]) => {
    await store.put("a", bytes("one"), "any");
    await expect(store.delete("a")).resolves.toBeUndefined();
    await expect(store.delete("a")).resolves.toBeUndefined();
    expect(await store.get("a")).toBeNull();
  });

  test("lists keys under a prefix, sorted", async ([store]) => {
    for (const key of ["b/2", "b/10", "a", "b/1"]) await store.put(key, bytes(""), "any");
    expect(await store.list("b/")).toEqual(["b/1", "b/10", "b/2"]);
  });

  for (const [name, key] of NO_KEYS) {
    test(`refuses the key ${name}`, async ([store]) => {
      await expect(store.put(key, bytes(""), "any")).rejects.toThrow(RangeError);
    });
  }
}

/** What every store has to keep; `open` gives an empty one, and a second handle on the same one. */
export function storeSuite(name: string, open: () => Promise<StoreHandles>): void {
  describe(`store: ${name}`, () => {
    storeTests((title, run) => it(title, async () => run(await open())));
  });
}
