import { createSocket } from "node:dgram";
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { serveNames } from "../../src/nameserver/server.ts";
import { TCP_LIMITS, type TcpLimits } from "../../src/nameserver/tcp.ts";
import { question, readAnswer, responderOf, worldOfNames } from "../build/names.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const many = Array.from({ length: 200 }, (_, index) => `192.0.2.${index + 1}`);

async function start(limits: Partial<TcpLimits> = {}, addresses = { us: many }): Promise<number> {
  const world = worldOfNames({ addresses });
  const options = { host: "127.0.0.1", port: 0, limits: { ...TCP_LIMITS, ...limits } };
  const server = await serveNames(
    options,
    responderOf(() => world),
    Date.now,
  );
  closing.push(server.close);
  return server.port;
}

function framed(message: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([message.length >> 8, message.length & 255]), message]);
}

interface Client {
  readonly socket: Socket;
  /** Resolves with that many answers, or with what came until the connection closed. */
  answers(count: number): Promise<readonly Buffer[]>;
  readonly closed: Promise<void>;
}

async function client(port: number): Promise<Client> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  closing.push(() => socket.destroy());
  let received: Buffer = Buffer.alloc(0);
  let wake = (): void => undefined;
  socket.on("data", (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    wake();
  });
  socket.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => {
    const end = (): void => {
      resolve();
      wake();
    };
    socket.once("close", end);
    socket.once("end", end);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  let isClosed = false;
  void closed.then(() => (isClosed = true));
  return {
    socket,
    closed,
    async answers(count) {
      const read: Buffer[] = [];
      for (;;) {
        while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
          const size = received.readUInt16BE(0);
          read.push(received.subarray(2, 2 + size));
          received = received.subarray(2 + size);
        }
        if (read.length >= count || isClosed) return read;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}

describe("serveNames()", () => {
  it("answers over UDP and TCP on one port, and sends long answers to TCP", async () => {
    const port = await start();
    const udp = createSocket("udp4");
    closing.push(() => udp.close());
    const answer = new Promise<Buffer>((resolve) => udp.once("message", resolve));
    udp.send(question("shop.example.org", "A", { udpSize: 4096 }), port, "127.0.0.1");
    expect(readAnswer(await answer)).toMatchObject({ tc: true, answers: [] });
    const tcp = await client(port);
    tcp.socket.write(framed(question("shop.example.org", "A", { udpSize: 4096 })));
    const [long = Buffer.alloc(0)] = await tcp.answers(1);
    expect(readAnswer(long).answers).toHaveLength(200);
  });

  it("answers pipelined queries in order, whatever their bytes come in", async () => {
    const tcp = await client(await start());
    const queries = Array.from({ length: 50 }, (_, id) => framed(question("example.org", "SOA", { id: id + 1 })));
    for (const byte of Buffer.concat(queries).subarray(0, 40)) tcp.socket.write(Buffer.from([byte]));
    tcp.socket.write(Buffer.concat(queries).subarray(40));
    const answers = await tcp.answers(50);
    expect(answers.map((one) => readAnswer(one).id)).toEqual(Array.from({ length: 50 }, (_, id) => id + 1));
  });

  it("answers what was asked before a client closed its half, then closes too", async () => {
    const tcp = await client(await start());
    tcp.socket.end(Buffer.concat([framed(question("example.org", "SOA")), framed(question("example.org", "NS"))]));
    expect(await tcp.answers(2)).toHaveLength(2);
    await tcp.closed;
  });

  it("closes on what it would not answer", async () => {
    const tcp = await client(await start());
    tcp.socket.write(framed(Buffer.from("GET / HTTP/1.1\r\n\r\n")));
    const [refused] = await tcp.answers(1);
    // Read as DNS these letters are an unknown operation.
    if (refused !== undefined) expect(readAnswer(refused).rcode).not.toBe(0);
    tcp.socket.write(framed(Buffer.alloc(3)));
    await tcp.closed;
  });

  it("closes a client that is silent or trickles", async () => {
    const port = await start({ idleMs: 300 });
    const [silent, slow] = [await client(port), await client(port)];
    const started = Date.now();
    const timer = setInterval(() => slow.socket.write(Buffer.from([0])), 50);
    closing.push(() => clearInterval(timer));
    await Promise.all([silent.closed, slow.closed]);
    expect(Date.now() - started).toBeLessThan(3000);
  });

  it("keeps a client that goes on asking", async () => {
    const tcp = await client(await start({ idleMs: 400 }));
    for (let count = 0; count < 6; count += 1) {
      await new Promise((resolve) => setTimeout(resolve, 150));
      tcp.socket.write(framed(question("example.org", "SOA")));
      expect(await tcp.answers(1)).toHaveLength(1);
    }
  });

  it("reads no more from a client that does not read its answers, and closes it", async () => {
    const tcp = await client(await start({ idleMs: 500, unreadBytes: 16_384 }));
    tcp.socket.pause();
    const flood = Buffer.concat(Array.from({ length: 500 }, () => framed(question("shop.example.org", "A"))));
    let written = 0;
    // 3 KB for each query: the kernel's buffers are full soon, and then ours must not grow.
    const timer = setInterval(() => {
      if (tcp.socket.writableLength < 1_000_000 && !tcp.socket.destroyed) {
        tcp.socket.write(flood);
        written += 500;
      }
    }, 1);
    closing.push(() => clearInterval(timer));
    await new Promise((resolve) => tcp.socket.once("close", resolve));
    expect(written).toBeGreaterThan(500);
  });

  it("takes so many connections and no more", async () => {
    const port = await start({ perAddress: 3 });
    const open = [await client(port), await client(port), await client(port)];
    const fourth = await client(port);
    await fourth.closed;
    open[0]?.socket.destroy();
    await open[0]?.closed;
    for (;;) {
      const next = await client(port);
      next.socket.write(framed(question("example.org", "SOA")));
      if ((await next.answers(1)).length === 1) break;
    }
  });

  it("shares a port with another process that wants to as well", async () => {
    const world = worldOfNames();
    const counts = [responderOf(() => world), responderOf(() => world)];
    const [one, other] = counts;
    if (one === undefined || other === undefined) throw new Error("two responders");
    const first = await serveNames({ host: "127.0.0.1", port: 0, reusePort: true }, one, Date.now);
    closing.push(first.close);
    const second = await serveNames({ host: "127.0.0.1", port: first.port, reusePort: true }, other, Date.now);
    closing.push(second.close);
    // The kernel chooses by the address and port of who asks: 64 ports do not all fall on one side.
    for (let asked = 0; asked < 64; asked += 1) {
      const udp = createSocket("udp4");
      const answer = new Promise((resolve) => udp.once("message", resolve));
      udp.send(question("example.org", "SOA"), first.port, "127.0.0.1");
      await answer;
      udp.close();
    }
    expect(counts.reduce((sum, { counts: { udp } }) => sum + udp, 0)).toBe(64);
    for (const { counts: seen } of counts) expect(seen.udp).toBeGreaterThan(0);
  });

  it("says when the port is taken", async () => {
    const port = await start();
    const world = worldOfNames();
    await expect(
      serveNames(
        { host: "127.0.0.1", port },
        responderOf(() => world),
        Date.now,
      ),
    ).rejects.toThrow(/EADDRINUSE/);
  });
});
