import { afterEach, describe, expect, it } from "vitest";
import { fastlyKvStore } from "../../src/store/fastly-kv-api.ts";
import { batches } from "../../src/store/kv-http.ts";
import type { PushStore } from "../../src/store/store.ts";
import { workersKvStore } from "../../src/store/workers-kv-api.ts";
import { ACCOUNT, NAMESPACE } from "./kv/cloudflare.ts";
import { STORE_ID } from "./kv/fastly.ts";
import { type KvServer, LARGEST_VALUE, startKvServer, TOKEN } from "./kv/server.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (stored: { readonly value: Uint8Array } | null) =>
  stored === null ? null : new TextDecoder().decode(stored.value);

let server: KvServer;
afterEach(() => server.close());

async function open(kind: "cloudflare" | "fastly", token = TOKEN): Promise<PushStore> {
  server = await startKvServer(kind);
  // A pause lets the server's clock go on, and nobody waits.
  const pause = (ms: number) => {
    server.nowMs += ms;
    return Promise.resolve();
  };
  const how = { baseUrl: server.url, token: () => Promise.resolve(token), random: () => 0.5, pause };
  return kind === "cloudflare"
    ? workersKvStore({ ...how, account: ACCOUNT, namespace: NAMESPACE })
    : fastlyKvStore({ ...how, store: STORE_ID });
}

describe.each(["cloudflare", "fastly"] as const)("a KV store of %s", (kind) => {
  const bulk = kind === "cloudflare" ? "PUT bulk" : "PUT batch";

  it("gives back what was put, byte by byte, and null for what was not", async () => {
    const store = await open(kind);
    const value = Uint8Array.from({ length: 256 }, (_, index) => index);
    await store.put("a/b", value, "any");
    expect((await store.get("a/b"))?.value).toEqual(value);
    expect(await store.get("a/c")).toBeNull();
  });

  it("puts many in one call", async () => {
    const store = await open(kind);
    const values = new Map(Array.from({ length: 500 }, (_, index) => [`slices/${index}`, bytes(`value ${index} ü`)]));
    await store.putAll?.(values);
    expect(server.asked).toEqual([bulk]);
    expect(text(await store.get("slices/499"))).toBe("value 499 ü");
  });

  it("lists every page of what begins so, sorted", async () => {
    const store = await open(kind);
    const keys = Array.from({ length: 8 }, (_, index) => `b/${index}`);
    await store.putAll?.(new Map([...keys.toReversed(), "a"].map((key) => [key, bytes(key)])));
    expect(await store.list("b/")).toEqual(keys);
    expect(await store.list("c/")).toEqual([]);
  });

  it("deletes, and does not mind deleting nothing", async () => {
    const store = await open(kind);
    await store.put("a", bytes("one"), "any");
    await store.delete("a");
    await store.delete("a");
    expect(await store.get("a")).toBeNull();
  });

  it("waits where a key was written within the second", async () => {
    const store = await open(kind);
    await store.put("overlay", bytes("one"), "any");
    await store.put("overlay", bytes("two"), "any");
    expect(text(await store.get("overlay"))).toBe("two");
    expect(server.nowMs).toBeGreaterThanOrEqual(1000);
  });

  it("tries again what the API could not do, and says what it answered when it never can", async () => {
    const store = await open(kind);
    server.refuse(503, 3);
    await store.put("a", bytes("one"), "any");
    expect(text(await store.get("a"))).toBe("one");
    server.refuse(500, 100);
    await expect(store.get("a")).rejects.toThrow(
      /^Cannot reach (Workers KV|Fastly KV Store) .*: it answered 500 .*500/,
    );
  });

  it("says what it may not do, and never its token", async () => {
    const store = await open(kind, "wrong-token");
    const refusal = await store.put("a", bytes("one"), "any").catch((error: unknown) => String(error));
    expect(refusal).toMatch(/Cannot write "a" to (Workers KV|Fastly KV Store) .*: it answered 403/);
    expect(refusal).not.toContain("wrong-token");
    expect(server.asked).toHaveLength(1);
  });

  it("says so when a value is too large, alone or among others", async () => {
    const store = await open(kind);
    const large = new Uint8Array(LARGEST_VALUE + 1);
    await expect(store.put("a", large, "any")).rejects.toThrow("413");
    const together = store.putAll?.(
      new Map([
        ["small", bytes("x")],
        ["large", large],
      ]),
    );
    await expect(together).rejects.toThrow(/Cannot write \d keys? to/);
  }, 60_000);

  it.each(["", "../a", "a b", "a#b"])("refuses the key %j", async (key) => {
    const store = await open(kind);
    await expect(store.put(key, bytes(""), "any")).rejects.toThrow(RangeError);
    expect(server.asked).toEqual([]);
  });
});

describe("batches()", () => {
  it("cuts by number and by size, and leaves nothing out", async () => {
    server = await startKvServer("fastly");
    const values = new Map(Array.from({ length: 10 }, (_, index) => [String(index), new Uint8Array(75)]));
    const sizes = (limit: { entries: number; bytes: number }) => [...batches(values, limit)].map((one) => one.length);
    expect(sizes({ entries: 4, bytes: 1_000_000 })).toEqual([4, 4, 2]);
    expect(sizes({ entries: 100, bytes: 500 })).toEqual([3, 3, 3, 1]);
    expect(sizes({ entries: 100, bytes: 10 })).toEqual(Array.from({ length: 10 }, () => 1));
  });
});
