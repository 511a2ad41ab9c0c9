import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { blackhole } from "../../build/blackhole.ts";
import { eventually } from "../../scenarios/until.ts";
import { type RawOrigin, rawOrigin, rawTalk } from "./raw.ts";
import { startWorld } from "./world.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function origin(): Promise<RawOrigin> {
  const one = await rawOrigin();
  closing.push(one.close);
  return one;
}

/** Takes requests and answers when it is told to. */
async function silentOrigin(): Promise<{ port: number; sockets: Socket[]; answer: () => void }> {
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
    socket.resume();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    sockets,
    answer: () => {
      for (const socket of sockets) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow");
    },
  };
}

const request = (method: string) =>
  Buffer.from(`${method} / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
const ask = async (url: string, method = "GET") =>
  (await rawTalk(url, [{ bytes: request(method), delayMs: 0 }], 1)).answers[0];

describe("the circuit breaker", () => {
  it("passes an origin over at its limit of requests, for any method, and takes it again below", async () => {
    const [slow, other] = [await silentOrigin(), await origin()];
    const edge = await startWorld({
      hosts: ["a.example"],
      gateways: [{ port: slow.port }, { port: other.port }],
      limits: { connections: null, pending: null, requests: 2 },
    });
    closing.push(edge.close);
    const waiting = [ask(edge.url), ask(edge.url)];
    await eventually(
      () => Promise.resolve(slow.sockets.length),
      (count) => count === 2,
    );
    expect((await ask(edge.url, "POST"))?.body).toBe("POST /");
    expect((await ask(edge.url))?.body).toBe("GET /");
    expect(slow.sockets).toHaveLength(2);
    expect(edge.edge.metricsText()).toContain('portolan_origin_full_total{portolan_cluster="c0",limit="requests"} 2');
    slow.answer();
    for (const one of waiting) expect((await one)?.body).toBe("slow");
    const bytesRead = () => slow.sockets.reduce((sum, socket) => sum + socket.bytesRead, 0);
    const before = bytesRead();
    const again = ask(edge.url);
    await eventually(
      () => Promise.resolve(bytesRead()),
      (bytes) => bytes > before,
    );
    slow.answer();
    expect((await again)?.body).toBe("slow");
  });

  it("answers 503 when every origin is at its limit, and says why", async () => {
    const slow = await silentOrigin();
    const edge = await startWorld({
      hosts: ["a.example"],
      gateways: [{ port: slow.port }],
      limits: { connections: 1, pending: null, requests: null },
    });
    closing.push(edge.close);
    const waiting = ask(edge.url);
    await eventually(
      () => Promise.resolve(slow.sockets.length),
      (count) => count === 1,
    );
    const answer = await ask(edge.url);
    expect(answer?.status).toBe(503);
    expect(answer?.fields).toContainEqual(["proxy-status", "portolan; error=connection_limit_reached"]);
    expect(edge.edge.metricsText()).toContain('limit="connections"} 1');
    slow.answer();
    expect((await waiting)?.status).toBe(200);
  });

  it("lets no more wait for a connection than it is told", async () => {
    const hole = await blackhole();
    closing.push(hole.close);
    const edge = await startWorld({
      hosts: ["a.example"],
      gateways: [{ port: hole.port }],
      limits: { connections: null, pending: 1, requests: null },
    });
    closing.push(edge.close);
    const first = ask(edge.url);
    await eventually(
      () => ask(edge.url),
      (answer) => answer?.status === 503,
    );
    expect((await first)?.status).toBe(504);
    expect(edge.edge.metricsText()).toMatch(/limit="pending"} [12]\n/);
  });
});
