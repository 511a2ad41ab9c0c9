import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { eventually } from "../../scenarios/until.ts";
import { type RawOrigin, rawOrigin, rawTalk } from "./raw.ts";
import { startWorld, type WorldParts } from "./world.ts";

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function world(parts: Partial<WorldParts> & Pick<WorldParts, "gateways">) {
  const edge = await startWorld({ hosts: ["a.example"], ...parts });
  closing.push(edge.close);
  return edge;
}

async function origin(): Promise<RawOrigin> {
  const one = await rawOrigin();
  closing.push(one.close);
  return one;
}

const text = (bytes: string) => [{ bytes: Buffer.from(bytes, "latin1"), delayMs: 0 }];
const get = (target: string, more = "") => `GET ${target} HTTP/1.1\r\nHost: a.example\r\n${more}\r\n`;

/** A client that keeps what it gets. */
async function client(
  url: string,
): Promise<{ socket: Socket; got: () => string; has: (part: string) => Promise<string> }> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true, noDelay: true });
  closing.push(() => socket.destroy());
  let got = "";
  socket.on("data", (bytes) => (got += bytes.toString("latin1")));
  socket.on("error", () => undefined);
  await once(socket, "connect");
  const has = (part: string) =>
    eventually(
      () => Promise.resolve(got),
      (all) => all.includes(part),
    );
  return { socket, got: () => got, has };
}

describe("serveHttp1() to clients", () => {
  it("keeps one connection through many requests, and one to the origin", async () => {
    const one = await origin();
    const edge = await world({ gateways: [{ port: one.port }] });
    const { socket, has } = await client(edge.url);
    for (let index = 0; index < 5; index += 1) {
      socket.write(get(`/n${index}`));
      await has(`GET /n${index}`);
    }
    // A probe may have connected too, and sends nothing.
    expect(one.received.filter((text) => text !== "")).toHaveLength(1);
  });

  it("answers pipelined requests in order, also behind a body and a HEAD", async () => {
    const one = await origin();
    const edge = await world({ gateways: [{ port: one.port }] });
    const post = "POST /b HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    const head = "HEAD /c HTTP/1.1\r\nHost: a.example\r\n\r\n";
    const all = text(get("/a") + post + head + get("/d", "Connection: close\r\n"));
    const talk = await rawTalk(edge.url, all, 4, ["GET", "POST", "HEAD", "GET"]);
    expect(talk.answers.map(({ body }) => body)).toEqual(["GET /a", "POST /b", "", "GET /d"]);
    expect(one.requests.map(({ target, body }) => [target, body])).toEqual([
      ["/a", ""],
      ["/b", "hello"],
      ["/c", ""],
      ["/d", ""],
    ]);
  });

  it("speaks HTTP/1.0 to those who do: no chunks, and a connection that lives on only if asked for", async () => {
    const one = await origin();
    one.answer = () => ({
      bytes: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
      close: false,
    });
    const edge = await world({ gateways: [{ port: one.port }] });
    const old = (more: string) => text(`GET / HTTP/1.0\r\nHost: a.example\r\n${more}\r\n`);
    const talk = await rawTalk(edge.url, old("Connection: keep-alive\r\n"), 0);
    expect(talk.answers[0]).toMatchObject({ status: 200, body: "hello", untilClose: true });
    one.reset();
    expect((await rawTalk(edge.url, old("Connection: keep-alive\r\n"), 1)).text).toContain("connection: keep-alive");
    expect((await rawTalk(edge.url, old(""), 0)).text).toContain("connection: close");
  });

  it("says 100 to a client that waits, hides the origin's own, and passes 103 on", async () => {
    const one = await origin();
    one.answer = ({ body }) => ({
      bytes: `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      close: false,
    });
    const edge = await world({ gateways: [{ port: one.port }] });
    const { socket, got, has } = await client(edge.url);
    socket.write("POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    await has("100 Continue\r\n\r\n");
    socket.write("hello");
    await has("\r\n\r\nhello");
    expect(got().match(/HTTP\/1\.1 \d{3}/g)).toEqual(["HTTP/1.1 100", "HTTP/1.1 103", "HTTP/1.1 200"]);
    expect(one.received.join()).not.toContain("expect");
  });

  it("reads nothing behind a request that it refuses", async () => {
    const one = await origin();
    const edge = await world({ gateways: [{ port: one.port }] });
    for (const bad of [
      "GET / HTTP/1.1\r\n\r\n",
      "GET / HTTP/2.0\r\nHost: a.example\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloXX",
    ]) {
      const talk = await rawTalk(edge.url, text(bad + get("/smuggled")), 0);
      expect(talk.answers).toHaveLength(1);
      expect(talk.answers[0]?.status).toBeGreaterThanOrEqual(400);
    }
    expect(one.requests).toEqual([]);
    expect(edge.edge.metricsText()).toContain('action="local",code="no-host"');
  });

  it("lets go of the origin when the client goes, before and in the middle of an answer", async () => {
    const one = await origin();
    let bytes = "";
    one.answer = () => ({ bytes, close: false });
    const edge = await world({ gateways: [{ port: one.port }] });
    for (const part of ["", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello"]) {
      bytes = part;
      const { socket, has } = await client(edge.url);
      socket.write(get("/"));
      await eventually(
        () => Promise.resolve(one.open()),
        (open) => open === 1,
      );
      if (part !== "") await has("hello");
      socket.destroy();
      await eventually(
        () => Promise.resolve(one.open()),
        (open) => open === 0,
      );
    }
    expect(edge.edge.state.liveRequests).toBe(0);
  });

  it("holds a bounded part of an answer for a client that does not read", async () => {
    const sent = { bytes: 0 };
    const server = createServer((_request, response) => {
      const chunk = randomBytes(65_536);
      const write = (): void => {
        while (sent.bytes < 64 * 2 ** 20) {
          sent.bytes += chunk.length;
          if (!response.write(chunk)) return void response.once("drain", write);
        }
        response.end();
      };
      write();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
    closing.push(() => server.close());
    const edge = await world({ gateways: [{ port: (server.address() as AddressInfo).port }] });
    const { socket } = await client(edge.url);
    socket.pause();
    socket.write(get("/"));
    let before = -1;
    await eventually(
      async () => {
        const stalled = sent.bytes > 0 && sent.bytes === before;
        before = sent.bytes;
        await new Promise((resolve) => setTimeout(resolve, 300));
        return stalled;
      },
      (stalled) => stalled,
    );
    // The kernel's buffers of four sockets hold some; the engine at most a read and a write.
    expect(sent.bytes).toBeLessThan(32 * 2 ** 20);
    let got = 0;
    socket.on("data", (bytes) => (got += bytes.length));
    socket.resume();
    await eventually(
      () => Promise.resolve(got),
      (all) => all > 64 * 2 ** 20,
    );
  });

  it("ends what is under way when it is closed, and nothing that is idle holds it", async () => {
    const one = await origin();
    const { promise: release, resolve } = Promise.withResolvers<void>();
    const server = createServer((_request, response) => void release.then(() => response.end("done")));
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", () => done()));
    closing.push(() => server.close());
    const edge = await startWorld({
      hosts: ["a.example"],
      gateways: [{ port: (server.address() as AddressInfo).port }],
    });
    const idle = await client(edge.url);
    const busy = await client(edge.url);
    busy.socket.write(get("/"));
    await eventually(
      () => Promise.resolve(edge.edge.state.liveRequests),
      (live) => live === 1,
    );
    const closed = edge.close();
    await once(idle.socket, "end");
    idle.socket.end();
    resolve();
    await busy.has("done");
    expect(busy.got()).toContain("connection: close");
    busy.socket.end();
    await closed;
    expect(one.requests).toEqual([]);
  });
});

describe("serveHttp1() to origins", () => {
  it("sends a GET again when a kept connection was closed under it, and a POST never twice", async () => {
    const seen: string[] = [];
    const server = createTcpServer((socket) => {
      let count = 0;
      socket.on("error", () => undefined);
      socket.on("data", (bytes) => {
        seen.push(bytes.toString("latin1").split(" ", 2).join(" "));
        count += 1;
        if (count === 2) socket.destroy();
        else socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
    closing.push(() => server.close());
    const edge = await world({ gateways: [{ port: (server.address() as AddressInfo).port }] });
    const ask = async (bytes: string) => (await rawTalk(edge.url, text(bytes), 1)).answers[0]?.status;
    expect(await ask(get("/1"))).toBe(200);
    expect(await ask(get("/2"))).toBe(200);
    expect(seen).toEqual(["GET /1", "GET /2", "GET /2"]);
    expect(await ask("POST /3 HTTP/1.1\r\nHost: a.example\r\nContent-Length: 1\r\n\r\nx")).toBe(502);
    expect(seen.filter((one) => one === "POST /3")).toHaveLength(1);
  });

  it("moves any method on when the connection is refused, also with a streamed body that has not begun", async () => {
    const dead = await rawOrigin();
    await dead.close();
    const one = await origin();
    const edge = await world({ gateways: [{ port: dead.port }, { port: one.port }] });
    const body = "x".repeat(100_000);
    const talk = await rawTalk(
      edge.url,
      text(`POST /p HTTP/1.1\r\nHost: a.example\r\nContent-Length: ${body.length}\r\n\r\n${body}`),
      1,
    );
    expect(talk.answers[0]?.status).toBe(200);
    expect(one.requests[0]?.body).toBe(body);
  });

  it("cuts an answer that is cut, so that nobody takes it for whole", async () => {
    const one = await origin();
    const edge = await world({ gateways: [{ port: one.port }] });
    for (const [bytes, whole] of [
      ["HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", false],
      ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", false],
      ["HTTP/1.1 200 OK\r\n\r\nhello", true],
    ] as const) {
      one.answer = () => ({ bytes, close: true });
      const talk = await rawTalk(edge.url, text(get("/")), 1);
      expect(talk.answers.length).toBe(whole ? 1 : 0);
      expect(talk.text).toContain("hello");
    }
  });

  it("answers 504 when an origin is silent and lets it go", async () => {
    const one = await origin();
    one.answer = () => ({ bytes: "", close: false });
    const edge = await world({ gateways: [{ port: one.port }], timeoutMs: 100 });
    const talk = await rawTalk(edge.url, text("POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 1\r\n\r\nx"), 1);
    expect(talk.answers[0]?.status).toBe(504);
    expect(talk.text).toContain("proxy-status: portolan; error=http_response_timeout");
    await eventually(
      () => Promise.resolve(one.open()),
      (open) => open === 0,
    );
  });

  it("connects to no address that is forbidden", async () => {
    const one = await origin();
    const edge = await world({
      gateways: [{ port: one.port, connectHost: "127.0.0.1" }],
      edge: { allowPrivateOrigins: false },
    });
    const talk = await rawTalk(edge.url, text(get("/")), 1);
    expect(talk.text).toContain("error=destination_ip_prohibited");
    expect(one.received).toEqual([]);
  });
});

describe("startTunnel()", () => {
  const key = "dGhlIHNhbXBsZSBub25jZQ==";
  const handshake = `GET /ws HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`;
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");

  async function tunnelOrigin(reply: string): Promise<{ port: number; sockets: Socket[]; got: () => string }> {
    const sockets: Socket[] = [];
    let got = "";
    const server = createTcpServer({ allowHalfOpen: true }, (socket) => {
      sockets.push(socket);
      socket.on("error", () => undefined);
      socket.on("data", (bytes) => {
        const part = bytes.toString("latin1");
        got += part;
        if (part.startsWith("GET /ws")) socket.write(reply);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
    closing.push(
      () => server.close(),
      () => sockets.forEach((socket) => socket.destroy()),
    );
    return { port: (server.address() as AddressInfo).port, sockets, got: () => got };
  }

  it("carries bytes both ways and half-closes both ways", async () => {
    const reply = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\nearly`;
    const one = await tunnelOrigin(reply);
    const edge = await world({ gateways: [{ port: one.port }] });
    const { socket, has } = await client(edge.url);
    socket.write(handshake);
    await has("\r\n\r\nearly");
    socket.write("up");
    await eventually(
      () => Promise.resolve(one.got()),
      (all) => all.endsWith("up"),
    );
    one.sockets[0]?.write("down");
    await has("down");
    const ended = once(one.sockets[0] as Socket, "end");
    socket.end();
    await ended;
    one.sockets[0]?.end("last");
    await has("last");
    await eventually(
      () => Promise.resolve(socket.destroyed && one.sockets[0]?.destroyed),
      (gone) => gone === true,
    );
  });

  it.each([
    [
      "another key",
      `HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept.toLowerCase()}\r\n\r\n`,
    ],
    [
      "another protocol",
      `HTTP/1.1 101 S\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    ],
    ["no key", "HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"],
  ])("opens none for a 101 with %s", async (_name, reply) => {
    const one = await tunnelOrigin(reply);
    const edge = await world({ gateways: [{ port: one.port }] });
    const talk = await rawTalk(edge.url, text(handshake), 1);
    expect(talk.answers[0]?.status).toBe(502);
  });

  it("gives nobody a 101 that was not asked for, and never reads a tunnel's bytes as a request", async () => {
    const one = await tunnelOrigin("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno");
    const edge = await world({ gateways: [{ port: one.port }] });
    const talk = await rawTalk(edge.url, text(handshake + get("/smuggled")), 0);
    expect(talk.answers.map(({ body }) => body)).toEqual(["no"]);
    expect(one.got()).not.toContain("smuggled");
    const unasked = await origin();
    unasked.answer = () => ({
      bytes: `HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      close: false,
    });
    const other = await world({ gateways: [{ port: unasked.port }] });
    expect((await rawTalk(other.url, text(get("/")), 1)).answers[0]?.status).toBe(502);
  });
});
