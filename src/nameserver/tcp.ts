/**
 * Queries over TCP (RFC 7766): pipelined, answered in order, with limits on connections, on time and on what waits to be
 * read. A client that is silent, slow or does not read its answers is closed.
 */
import { createServer, type Server, type Socket } from "node:net";
import type { Responder } from "./respond.ts";
import type { ListenAt, Listening } from "./udp.ts";

export interface TcpLimits {
  readonly connections: number;
  /** Connections of one address. */
  readonly perAddress: number;
  /** A whole query has to come within this time after the last one, and answers have to be read within it. */
  readonly idleMs: number;
  /** Answers that wait to be read; beyond it no more queries are. */
  readonly unreadBytes: number;
}

export const TCP_LIMITS: TcpLimits = { connections: 1000, perAddress: 100, idleMs: 10_000, unreadBytes: 262_144 };

export interface TcpOptions extends ListenAt {
  readonly limits: TcpLimits;
}

/** Listens; rejects when the port cannot be had. */
export async function listenTcp(
  { host, port, reusePort, limits }: TcpOptions,
  responder: Responder,
  now: () => number,
): Promise<Listening> {
  const open = new Set<Socket>();
  const byAddress = new Map<string, number>();
  const server: Server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const address = socket.remoteAddress ?? "";
    const mine = (byAddress.get(address) ?? 0) + 1;
    if (open.size >= limits.connections || mine > limits.perAddress || address === "") {
      socket.destroy();
      return;
    }
    open.add(socket);
    byAddress.set(address, mine);
    socket.once("close", () => {
      open.delete(socket);
      const left = (byAddress.get(address) ?? 1) - 1;
      if (left === 0) byAddress.delete(address);
      else byAddress.set(address, left);
    });
    serve(socket, address, { responder, now, limits });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host, reusePort }, () => {
      server.off("error", reject);
      resolve();
    });
  });
  server.on("error", () => undefined);
  const bound = server.address();
  return {
    port: typeof bound === "object" && bound !== null ? bound.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

interface ServeDeps {
  readonly responder: Responder;
  readonly now: () => number;
  readonly limits: TcpLimits;
}

function serve(socket: Socket, address: string, { responder, now, limits }: ServeDeps): void {
  let rest: Buffer = Buffer.alloc(0);
  let isEnded = false;
  let timer = setTimeout(() => socket.destroy(), limits.idleMs);
  // Bytes alone buy no time: a query that trickles in is cut off like silence.
  const progress = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => socket.destroy(), limits.idleMs);
  };
  const answerAll = (): void => {
    while (rest.length >= 2 && !socket.destroyed) {
      const size = rest.readUInt16BE(0);
      if (rest.length < 2 + size) break;
      if (socket.writableLength > limits.unreadBytes) {
        socket.pause();
        return;
      }
      const answer = responder.respond(rest.subarray(2, 2 + size), address, { isUdp: false, nowMs: now() });
      rest = rest.subarray(2 + size);
      // Over TCP silence would only make the other side wait.
      if (answer === null) {
        socket.destroy();
        return;
      }
      const length = Buffer.alloc(2);
      length.writeUInt16BE(answer.length);
      socket.cork();
      socket.write(length);
      socket.write(answer);
      process.nextTick(() => socket.uncork());
      progress();
    }
    if (isEnded) socket.end();
  };
  socket.on("data", (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    answerAll();
  });
  socket.on("drain", () => {
    socket.resume();
    answerAll();
  });
  socket.on("end", () => {
    isEnded = true;
    answerAll();
  });
  socket.on("error", () => socket.destroy());
  socket.on("close", () => clearTimeout(timer));
}
