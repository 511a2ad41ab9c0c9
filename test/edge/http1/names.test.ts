import { writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { NameCache } from "../../../src/edge/http1/name-cache.ts";
import { nodeNames, SYSTEM_NAMES } from "../../../src/edge/node/names.ts";
import { temporaryFolder } from "../../build/files-edge.ts";
import { eventually } from "../../scenarios/until.ts";
import { type NameServer, nameServer } from "./name-server.ts";
import { rawOrigin, rawTalk } from "./raw.ts";
import { startWorld } from "./world.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function dns(): Promise<NameServer> {
  const server = await nameServer();
  closing.push(server.close);
  return server;
}

/** A cache over a real name server, with a clock of its own. */
async function cache() {
  const server = await dns();
  const clock = { ms: 0 };
  const names = new NameCache(nodeNames({ ...SYSTEM_NAMES, servers: [server.address] }), () => clock.ms);
  return { server, clock, names };
}

const codeOf = (error: unknown): unknown => (error instanceof Error && "code" in error ? error.code : String(error));

describe("NameCache.resolve()", () => {
  it("asks once for both families, keeps the answer for its TTL, and asks again", async () => {
    const { server, clock, names } = await cache();
    server.records.set("a.test", { addresses: ["192.0.2.1", "192.0.2.2", "2001:db8::1"], ttl: 30 });
    const all = await Promise.all(Array.from({ length: 20 }, () => names.resolve("a.test")));
    expect(new Set(all.flat())).toEqual(new Set(["192.0.2.1", "192.0.2.2", "2001:db8::1"]));
    expect(server.asked.sort()).toEqual(["A a.test", "AAAA a.test"]);
    server.records.set("a.test", { addresses: ["192.0.2.9"], ttl: 30 });
    clock.ms = 29_999;
    expect(await names.resolve("a.test")).toHaveLength(3);
    clock.ms = 30_001;
    expect(await names.resolve("a.test")).toEqual(["192.0.2.9"]);
  });

  it("bounds a TTL both ways", async () => {
    const { server, clock, names } = await cache();
    server.records.set("short.test", { addresses: ["192.0.2.1"], ttl: 0 });
    server.records.set("long.test", { addresses: ["192.0.2.1"], ttl: 604_800 });
    for (const name of ["short.test", "long.test"]) await names.resolve(name);
    const asked = () => server.asked.length;
    clock.ms = 900;
    await names.resolve("short.test");
    expect(asked()).toBe(4);
    clock.ms = 300_001;
    for (const name of ["short.test", "long.test"]) await names.resolve(name);
    expect(asked()).toBe(8);
  });

  it("goes on with old addresses while nobody answers, and without waiting for long", async () => {
    const { server, clock, names } = await cache();
    server.records.set("a.test", { addresses: ["192.0.2.1"], ttl: 1 });
    await names.resolve("a.test");
    server.mode = "servfail";
    clock.ms = 3_600_000;
    expect(await names.resolve("a.test")).toEqual(["192.0.2.1"]);
    server.mode = "silent";
    clock.ms += 6000;
    const startedMs = performance.now();
    expect(await names.resolve("a.test")).toEqual(["192.0.2.1"]);
    expect(performance.now() - startedMs).toBeLessThan(900);
  });

  it("believes a denial at once, also after an answer, and remembers it for a second", async () => {
    const { server, clock, names } = await cache();
    server.records.set("a.test", { addresses: ["192.0.2.1"], ttl: 1 });
    await names.resolve("a.test");
    server.records.delete("a.test");
    clock.ms = 2000;
    expect(await names.resolve("a.test").catch(codeOf)).toBe("ENOTFOUND");
    server.records.set("a.test", { addresses: ["192.0.2.2"], ttl: 1 });
    clock.ms = 2900;
    expect(await names.resolve("a.test").catch(codeOf)).toBe("ENOTFOUND");
    clock.ms = 3100;
    expect(await names.resolve("a.test")).toEqual(["192.0.2.2"]);
  });

  it("rejects when nobody answers and nothing is known", async () => {
    const { server, names } = await cache();
    server.mode = "servfail";
    expect(await names.resolve("a.test").catch(codeOf)).toBe("ESERVFAIL");
  });
});

describe("nodeNames()", () => {
  it("leaves names of the hosts file and of one label to the system, and asks the DNS for all others", async () => {
    const server = await dns();
    const hostsFile = join(await temporaryFolder(closing), "hosts");
    writeFileSync(hostsFile, "# 192.0.2.5 other.test\n127.0.0.1\tone Listed.test # and.here\n");
    const names = nodeNames({ servers: [server.address], hostsFile });
    expect((await names("localhost")).addresses).toContain("127.0.0.1");
    // The system reads its own hosts file, where it is not.
    expect(await names("listed.test").catch(codeOf)).not.toBe("ENODATA");
    expect(server.asked).toEqual([]);
    for (const name of ["other.test", "and.here"]) expect(await names(name).catch(codeOf)).toBe("ENOTFOUND");
    expect(server.asked.sort()).toEqual(["A and.here", "A other.test", "AAAA and.here", "AAAA other.test"]);
  });

  it("gives what one family has when nobody answers for the other", async () => {
    const server = await dns();
    server.records.set("a.test", { addresses: ["2001:db8::1"], ttl: 7 });
    const names = nodeNames({ ...SYSTEM_NAMES, servers: [server.address] });
    expect(await names("a.test")).toEqual({ addresses: ["2001:db8::1"], ttlMs: 7000 });
  });
});

describe("an edge whose origin has a name", () => {
  const get = Buffer.from("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n");
  const ask = async (url: string) => (await rawTalk(url, [{ bytes: get, delayMs: 0 }], 1)).answers[0]?.status;

  it("follows the name to another address, also with a connection that is kept, and asks no more than its TTL says", async () => {
    const server = await dns();
    const [one, two] = [await rawOrigin(), createServer()];
    closing.push(one.close, () => two.close());
    // The same port at another address of this machine.
    let arrived = 0;
    two.on("connection", (socket) => {
      arrived += 1;
      socket.on("error", () => undefined);
      socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
      closing.push(() => socket.destroy());
    });
    await new Promise<void>((resolve) => two.listen(one.port, "127.0.0.2", () => resolve()));
    expect((two.address() as AddressInfo).port).toBe(one.port);
    server.records.set("origin.test", { addresses: ["127.0.0.1"], ttl: 1 });
    const edge = await startWorld({
      hosts: ["a.example"],
      gateways: [{ port: one.port, connectHost: "origin.test" }],
      names: nodeNames({ ...SYSTEM_NAMES, servers: [server.address] }),
    });
    closing.push(edge.close);
    for (let index = 0; index < 20; index += 1) expect(await ask(edge.url)).toBe(200);
    // A probe may have connected too, and sends nothing.
    expect(one.received.filter((text) => text !== "")).toHaveLength(1);
    expect(server.asked.length).toBeLessThanOrEqual(4);
    server.records.set("origin.test", { addresses: ["127.0.0.2"], ttl: 1 });
    await eventually(
      async () => [await ask(edge.url), arrived],
      ([status, count]) => status === 200 && (count ?? 0) >= 1,
    );
  });

  it("never connects to a forbidden address, whatever the name says by now", async () => {
    const server = await dns();
    const one = await rawOrigin();
    closing.push(one.close);
    server.records.set("origin.test", { addresses: ["127.0.0.1", "169.254.169.254", "::1"], ttl: 60 });
    const edge = await startWorld({
      hosts: ["a.example"],
      gateways: [{ port: one.port, connectHost: "origin.test" }],
      edge: { allowPrivateOrigins: false },
      names: nodeNames({ ...SYSTEM_NAMES, servers: [server.address] }),
    });
    closing.push(edge.close);
    const { text } = await rawTalk(edge.url, [{ bytes: get, delayMs: 0 }], 1);
    expect(text).toContain("error=destination_ip_prohibited");
    expect(one.received).toEqual([]);
  });

  it("answers 502 with dns_error when there is no such name", async () => {
    const server = await dns();
    const edge = await startWorld({
      hosts: ["a.example"],
      gateways: [{ port: 1, connectHost: "nobody.test" }],
      names: nodeNames({ ...SYSTEM_NAMES, servers: [server.address] }),
    });
    closing.push(edge.close);
    const { text } = await rawTalk(edge.url, [{ bytes: get, delayMs: 0 }], 1);
    expect(text).toMatch(/^HTTP\/1\.1 502 /);
    expect(text).toContain("dns_error");
  });
});
