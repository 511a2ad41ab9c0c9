import { describe, expect, it } from "vitest";
import type { Store } from "../../src/store/store.ts";

/** What every store has to keep; `open` gives an empty one, and a second handle on the same one. */
export function storeSuite(name: string, open: () => Promise<readonly [Store, Store]>): void {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const text = (value: Uint8Array | undefined) => new TextDecoder().decode(value);

  describe(`store: ${name}`, () => {
    it("answers null for a key that was never written", async () => {
      const [store] = await open();
      expect(await store.get("a/b")).toBeNull();
    });

    it("gives back what was put, also through another handle", async () => {
      const [store, other] = await open();
      const version = await store.put("a/b", bytes("one"), "any");
      const stored = await other.get("a/b");
      expect(text(stored?.value)).toBe("one");
      expect(stored?.version).toBe(version);
    });

    it("is not changed by what a caller does with the bytes", async () => {
      const [store] = await open();
      const value = bytes("one");
      await store.put("a", value, "any");
      value[0] = 0;
      expect(text((await store.get("a"))?.value)).toBe("one");
    });

    it("creates only where nothing is", async () => {
      const [store] = await open();
      expect(await store.put("a", bytes("one"), { version: null })).not.toBeNull();
      expect(await store.put("a", bytes("two"), { version: null })).toBeNull();
      expect(text((await store.get("a"))?.value)).toBe("one");
    });

    it("replaces only the version that was read", async () => {
      const [store, other] = await open();
      const first = await store.put("a", bytes("one"), "any");
      const second = await other.put("a", bytes("two"), { version: first });
      expect(second).not.toBeNull();
      expect(await store.put("a", bytes("three"), { version: first })).toBeNull();
      expect(text((await store.get("a"))?.value)).toBe("two");
    });

    it("lets exactly one of many writers win", async () => {
      const [store, other] = await open();
      const writers = Array.from({ length: 20 }, (_, index) =>
        (index % 2 === 0 ? store : other).put("a", bytes(`writer ${index}`), { version: null }),
      );
      const won = (await Promise.all(writers)).filter((version) => version !== null);
      expect(won).toHaveLength(1);
    });

    it("deletes, and does not mind deleting nothing", async () => {
      const [store] = await open();
      await store.put("a", bytes("one"), "any");
      await store.delete("a");
      await store.delete("a");
      expect(await store.get("a")).toBeNull();
    });

    it("lists keys under a prefix, sorted", async () => {
      const [store] = await open();
      for (const key of ["b/2", "b/10", "a", "b/1"]) await store.put(key, bytes(""), "any");
      expect(await store.list("b/")).toEqual(["b/1", "b/10", "b/2"]);
    });

    it.each(["", "../a", "a/../b", "a//b", "/a", "a b", "a\u0000", "a".repeat(257)])(
      "refuses the key %j",
      async (key) => {
        const [store] = await open();
        await expect(store.put(key, bytes(""), "any")).rejects.toThrow(RangeError);
      },
    );
  });
}
