import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { StoreApiOptions } from "../../src/api/store-api.ts";
import { fileStore } from "../../src/store/file.ts";
import { followStore } from "../../src/store/follow.ts";
import { httpStore } from "../../src/store/http.ts";
import { memoryStore } from "../../src/store/memory.ts";
import { s3Store } from "../../src/store/s3.ts";
import type { Store } from "../../src/store/store.ts";
import { watchedStore } from "../../src/store/watched.ts";
import { startStoreApi } from "../../workers/node-admin.ts";
import { storeSuite } from "../conformance/store.ts";
import { type S3Server, startS3Server } from "./s3/server.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function served(may: StoreApiOptions["may"], store: Store = memoryStore()): Promise<string> {
  const watched = watchedStore(store, "boot");
  const api = await startStoreApi({ host: "127.0.0.1", port: 0 }, { store: watched, may, changes: watched.changes });
  closing.push(async () => {
    watched.release();
    await api.close();
  });
  return api.url;
}

storeSuite("http", async () => {
  const url = await served((token) => token === "secret");
  const token = () => "secret";
  return [httpStore(url, { token }), httpStore(url, { token })];
});

describe("storeApi()", () => {
  it("gives nobody what they may not have", async () => {
    const url = await served((token, act, key) => (act === "read" ? key !== "hidden" : token === "secret"));
    const [stranger, friend] = [httpStore(url), httpStore(url, { token: () => "secret" })];
    await friend.put("a", new TextEncoder().encode("one"), "any");
    await friend.put("hidden", new TextEncoder().encode("two"), "any");
    expect((await stranger.get("a"))?.value).toEqual(new TextEncoder().encode("one"));
    await expect(stranger.get("hidden")).rejects.toThrow("it answered 401");
    await expect(stranger.put("a", new Uint8Array(), "any")).rejects.toThrow("it answered 401");
    await expect(stranger.delete("a")).rejects.toThrow("it answered 401");
    await expect(stranger.list("")).rejects.toThrow("it answered 401");
    await expect(httpStore(url, { token: () => "other" }).put("a", new Uint8Array(), "any")).rejects.toThrow("403");
    expect(await friend.list("")).toEqual(["a", "hidden"]);
  });

  it("answers 304 for what the reader has, and 404 for a path that is no key", async () => {
    const url = await served(() => true);
    await httpStore(url).put("a", new TextEncoder().encode("one"), "any");
    const first = await fetch(`${url}/a`);
    const headers = { "if-none-match": first.headers.get("etag") ?? "" };
    expect(await first.text()).toBe("one");
    expect((await fetch(`${url}/a`, { headers })).status).toBe(304);
    expect((await fetch(`${url}/a%00b`)).status).toBe(404);
  });
});

describe("followStore()", () => {
  it("hears of a new manifest at once, and of nothing else", async () => {
    const store = watchedStore(memoryStore(), "boot");
    const api = await startStoreApi({ host: "127.0.0.1", port: 0 }, { store, may: () => true, changes: store.changes });
    let changes = 0;
    const changed = async () => void (changes += 1);
    const following = followStore(api.url, { changed, intervalMs: 60_000, onProblem: () => undefined });
    closing.push(async () => {
      following.close();
      store.release();
      await api.close();
    });
    await expect.poll(() => changes).toBe(1);
    await store.put("reports/x", new Uint8Array(), "any");
    await store.put("manifest", new Uint8Array(), { version: "not the current one" });
    await store.put("overlay", new Uint8Array(), "any");
    await expect.poll(() => changes, { interval: 5 }).toBe(2);
    await store.put("manifest", new Uint8Array(), "any");
    await expect.poll(() => changes, { interval: 5 }).toBe(3);
  });

  it("asks from time to time where the store cannot tell", async () => {
    const server = createServer((_request, response) => void response.writeHead(404).end()).listen(0, "127.0.0.1");
    await once(server, "listening");
    let changes = 0;
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const changed = async () => void (changes += 1);
    const following = followStore(url, { changed, intervalMs: 10, onProblem: () => undefined });
    closing.push(async () => {
      following.close();
      server.closeAllConnections();
      server.close();
    });
    await expect.poll(() => changes).toBeGreaterThan(3);
  });
});

storeSuite("s3", async () => {
  const { server, open } = await bucket();
  closing.push(server.close);
  return [open(), open()];
});

describe("s3Store()", () => {
  it("knows that it has won when the answer to its write was lost", async () => {
    const { server, open } = await bucket();
    closing.push(server.close);
    const store = open();
    server.loseAnswers(1);
    const version = await store.put("a", new TextEncoder().encode("one"), { version: null });
    expect((await store.get("a"))?.version).toBe(version);
    expect(version).not.toBeNull();
    server.loseAnswers(1);
    // Somebody else's value under the same condition is a lost race, whatever happened to the answer.
    expect(await store.put("a", new TextEncoder().encode("two"), { version: null })).toBeNull();
  });

  it("tries again when the server is busy, follows its clock, and gives up in the end", async () => {
    const { server, open } = await bucket();
    closing.push(server.close);
    const store = open();
    server.refuse(503, 2);
    await store.put("a", new Uint8Array(), "any");
    server.skewMs = 3_600_000;
    expect(await store.list("")).toEqual(["a"]);
    server.refuse(503, 4);
    await expect(store.get("a")).rejects.toThrow('Cannot reach the bucket "state": it answered 503');
    server.refuse(403, 1);
    await expect(store.get("a")).rejects.toThrow("it answered 403");
  });

  it("lists page by page", async () => {
    const { server, open } = await bucket();
    closing.push(server.close);
    const store = open();
    for (let index = 0; index < 7; index++) await store.put(`k/${index}`, new Uint8Array(), "any");
    expect(await store.list("k/")).toHaveLength(7);
    expect(server.lists).toBe(3);
  });
});

async function bucket(): Promise<{ server: S3Server; open: () => Store }> {
  const server = await startS3Server();
  const credentials = async () => ({ accessKeyId: "AKID", secretAccessKey: "secret", sessionToken: null });
  const how = { bucket: "state", region: "eu-central-1", prefix: "portolan/", credentials };
  return { server, open: () => s3Store({ ...how, endpoint: server.url, now: Date.now, random: () => 0 }) };
}

storeSuite("memory", async () => {
  const store = memoryStore();
  return [store, store];
});

storeSuite("file", async () => {
  const folder = await mkdtemp(join(tmpdir(), "portolan-store-"));
  return [fileStore(folder), fileStore(folder)];
});

describe("httpStore() that is sent elsewhere", () => {
  it("follows no redirect: its token goes to nobody else", async () => {
    const seen: string[] = [];
    const other = createServer((request, response) => {
      seen.push(request.url ?? "");
      response.end("stolen");
    });
    const [target, store] = [other, createServer()];
    for (const server of [target, store]) {
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      closing.push(async () => void server.close());
    }
    const at = (server: typeof other) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    store.on("request", (_request, response) => response.writeHead(302, { location: `${at(target)}/` }).end());
    const followed = httpStore(at(store), { token: () => "secret" });
    await expect(followed.get("manifest")).rejects.toThrow("it answered 302");
    await expect(followed.put("manifest", new Uint8Array(1), "any")).rejects.toThrow("it answered 302");
    await expect(followed.list("")).rejects.toThrow("it answered 302");
    expect(seen).toEqual([]);
  });
});
