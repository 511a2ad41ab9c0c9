/** Connections to two clusters at once, when the first is slow to connect. */
import { afterEach, describe, expect, it } from "vitest";
import { blackhole } from "../../build/blackhole.ts";
import { type RawOrigin, rawOrigin, rawTalk } from "./raw.ts";
import { startWorld, type WorldParts } from "./world.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function origin(): Promise<RawOrigin> {
  const one = await rawOrigin();
  closing.push(one.close);
  return one;
}

async function hole(): Promise<number> {
  const one = await blackhole();
  closing.push(one.close);
  return one.port;
}

interface Line {
  readonly attempts: readonly { readonly cluster: string; readonly status?: number; readonly failure?: string }[];
  readonly durationMs: number;
}

async function world(
  ports: readonly number[],
  more: Partial<WorldParts> = {},
): Promise<{ url: string; lines: Line[] }> {
  const lines: Line[] = [];
  const edge = await startWorld({
    hosts: ["a.example"],
    gateways: ports.map((port) => ({ port })),
    accessLog: (line) => void lines.push(JSON.parse(line) as Line),
    ...more,
  });
  closing.push(edge.close);
  return { url: edge.url, lines };
}

const bytes = (method: string, body = "") =>
  Buffer.from(
    `${method} / HTTP/1.1\r\nHost: a.example\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
const ask = async (url: string, method = "GET", body = "") =>
  (await rawTalk(url, [{ bytes: bytes(method, body), delayMs: 0 }], 1)).answers[0];

describe("a connection race", () => {
  it("gives the request to the second cluster when the first is slow to connect, in any method, once", async () => {
    const second = await origin();
    const { url, lines } = await world([await hole(), second.port]);
    for (const method of ["GET", "POST"]) {
      expect((await ask(url, method, method === "POST" ? "order=1" : ""))?.status).toBe(200);
    }
    expect(second.requests.map(({ method, body }) => [method, body])).toEqual([
      ["GET", ""],
      ["POST", "order=1"],
    ]);
    for (const { attempts, durationMs } of lines) {
      expect(attempts).toMatchObject([
        { cluster: "c0", failure: "connect-timeout", unsent: true, detail: "c1 connected first" },
        { cluster: "c1", status: 200 },
      ]);
      // The whole connect timeout is a second.
      expect(durationMs).toBeLessThan(900);
    }
    expect(lines).toHaveLength(2);
  });

  it("goes on with the second when the first fails meanwhile, and fails when both do", async () => {
    const holes = [await hole(), await hole()];
    const { url, lines } = await world(holes, { edge: { connectMs: 600 } });
    expect((await ask(url, "POST", "x"))?.status).toBe(504);
    expect(lines[0]?.attempts.map(({ cluster, failure }) => `${cluster} ${failure}`)).toEqual([
      "c0 connect-timeout",
      "c1 connect-timeout",
    ]);
    // Side by side, not one after the other.
    expect(lines[0]?.durationMs).toBeLessThan(1150);
  });

  it("notes a second that is refused, and waits on for the first", async () => {
    const dead = await origin();
    await dead.close();
    const third = await origin();
    const { url, lines } = await world([await hole(), dead.port, third.port], { edge: { connectMs: 600 } });
    expect((await ask(url))?.status).toBe(200);
    expect(lines[0]?.attempts.map(({ cluster, failure, status }) => `${cluster} ${failure ?? status}`)).toEqual([
      "c1 refused",
      "c0 connect-timeout",
      "c1 refused",
      "c2 200",
    ]);
    expect(third.requests).toHaveLength(1);
  });

  it("leaves an origin that is slow three times in a row", async () => {
    const second = await origin();
    const { url, lines } = await world([await hole(), second.port]);
    for (let index = 0; index < 4; index += 1) await ask(url);
    expect(lines.map(({ attempts }) => attempts.length)).toEqual([2, 2, 2, 1]);
  });

  it("lets go of both when the client leaves", async () => {
    const second = await hole();
    const { url, lines } = await world([await hole(), second], { edge: { connectMs: 5000 } });
    const { hostname, port } = new URL(url);
    const { connect } = await import("node:net");
    const client = connect({ host: hostname, port: Number(port) });
    client.write(bytes("GET"));
    await new Promise((resolve) => setTimeout(resolve, 400));
    client.resetAndDestroy();
    while (lines.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(lines[0]?.attempts.at(-1)?.failure).toBe("client-gone");
  });
});
