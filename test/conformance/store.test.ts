/** The suite of stores, tested: the memory store passes it (test/store), and none of these does. */
import { describe, it } from "vitest";
import { memoryStore } from "../../src/store/memory.ts";
import type { Store } from "../../src/store/store.ts";
import { type Broken, collected, expectAllTested, expectNoticed, outcomeOf, testFor } from "./broken.ts";
import { NO_KEYS, type StoreHandles, storeTests } from "./store.ts";

interface BrokenStore extends Broken {
  readonly open: () => StoreHandles;
}

/** Two handles on a memory store, each with some of its functions replaced. */
function memoryBut(replace: (store: Store) => Partial<Store>): () => StoreHandles {
  return () => {
    const store = memoryStore();
    const broken = { ...store, ...replace(store) };
    return [broken, broken];
  };
}

const TABLE: readonly BrokenStore[] = [
  {
    test: "answers null for a key that was never written",
    does: "answers an empty value instead of none",
    open: memoryBut((store) => ({
      get: async (key) => (await store.get(key)) ?? { value: new Uint8Array(), version: "0" },
    })),
  },
  {
    test: "gives back what was put, also through another handle",
    does: "keeps what was put to the handle that put it",
    open: () => [memoryStore(), memoryStore()],
  },
  {
    test: "gives back what was put, also through another handle",
    does: "shows another version to readers than to the writer",
    open: memoryBut((store) => ({
      async get(key) {
        const stored = await store.get(key);
        return stored === null ? null : { ...stored, version: `W/${stored.version}` };
      },
    })),
  },
  {
    test: "is not changed by what a caller does with the bytes",
    does: "keeps the writer's own bytes",
    open: memoryBut((store) => {
      const values = new Map<string, Uint8Array>();
      return {
        put(key, value, condition) {
          values.set(key, value);
          return store.put(key, value, condition);
        },
        async get(key) {
          const [stored, value] = [await store.get(key), values.get(key)];
          return stored === null || value === undefined ? null : { ...stored, value: value.slice() };
        },
      };
    }),
  },
  {
    test: "is not changed by what a caller does with the bytes",
    does: "hands out the bytes that it keeps",
    open: memoryBut((store) => {
      const cached = new Map<string, Awaited<ReturnType<Store["get"]>>>();
      return {
        async get(key) {
          if (!cached.has(key)) cached.set(key, await store.get(key));
          return cached.get(key) ?? null;
        },
      };
    }),
  },
  {
    test: "creates only where nothing is",
    does: "takes a condition on nothing for no condition",
    open: memoryBut((store) => ({
      put: (key, value, condition) =>
        store.put(key, value, condition === "any" || condition.version === null ? "any" : condition),
    })),
  },
  {
    test: "replaces only the version that was read",
    does: "replaces whatever is there, as long as something is",
    open: memoryBut((store) => ({
      async put(key, value, condition) {
        if (condition === "any" || condition.version === null) return await store.put(key, value, condition);
        return (await store.get(key)) === null ? null : await store.put(key, value, "any");
      },
    })),
  },
  {
    test: "lets exactly one of many writers win",
    does: "looks first and writes later",
    open: memoryBut((store) => ({
      async put(key, value, condition) {
        const current = (await store.get(key))?.version ?? null;
        return condition === "any" || condition.version === current ? await store.put(key, value, "any") : null;
      },
    })),
  },
  {
    test: "lets exactly one of many writers win",
    does: "lets no writer win when there are many",
    open: memoryBut((store) => {
      let writing = 0;
      return {
        async put(key, value, condition) {
          writing += 1;
          await Promise.resolve();
          return writing > 1 ? null : await store.put(key, value, condition);
        },
      };
    }),
  },
  {
    test: "deletes, and does not mind deleting nothing",
    does: "rejects when there is nothing to delete",
    open: memoryBut((store) => ({
      async delete(key) {
        if ((await store.get(key)) === null) throw new Error(`Cannot delete "${key}": there is no such key`);
        await store.delete(key);
      },
    })),
  },
  {
    test: "deletes, and does not mind deleting nothing",
    does: "empties a value instead of deleting it",
    open: memoryBut((store) => ({ delete: async (key) => void (await store.put(key, new Uint8Array(), "any")) })),
  },
  {
    test: "lists keys under a prefix, sorted",
    does: "lists in the order of writing",
    open: memoryBut((store) => {
      const order: string[] = [];
      return {
        put(key, value, condition) {
          order.push(key);
          return store.put(key, value, condition);
        },
        list: async (prefix) => order.filter((key) => key.startsWith(prefix)),
      };
    }),
  },
  {
    test: "lists keys under a prefix, sorted",
    does: "lists all keys",
    open: memoryBut((store) => ({ list: () => store.list("") })),
  },
  ...NO_KEYS.map(([name, bad]) => ({
    test: `refuses the key ${name}`,
    does: "keeps it under another name",
    open: memoryBut((store) => ({
      put: (key, value, condition) => store.put(key === bad ? "other" : key, value, condition),
    })),
  })),
];

const TESTS = collected(storeTests);

describe("storeTests()", () => {
  it("has something broken for each of its tests", () => expectAllTested([...TESTS.keys()], TABLE));

  for (const broken of TABLE) {
    it(`"${broken.test}" notices a store that ${broken.does}`, async () => {
      expectNoticed(broken, await outcomeOf(testFor(TESTS, broken)(broken.open()), false));
    });
  }
});
