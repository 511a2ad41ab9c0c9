/** The engine on a port: accepts, answers, drains. */
import { type AddressInfo, createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { type Cidr, cidrContains } from "../../core/address/cidr.ts";
import { parseAddress } from "../../core/address/ip.ts";
import { Http2Connection } from "../http2/session.ts";
import { textAnswer } from "../local-answer.ts";
import { CDN_ID } from "../request-headers.ts";
import type { Certificate, ShownCertificates } from "./certificates.ts";
import { ClientConnection, type ConnectionDeps } from "./client-connection.ts";
import type { Engine } from "./engine.ts";
import { Exchange } from "./exchange.ts";
import { HTTP1 } from "./speech.ts";
import { ownAnswer } from "./own-answer.ts";
import { RequestRecord } from "./request-record.ts";
import { readProxyHeader } from "./proxy-header.ts";
import type { Refusal } from "./request-head.ts";

export interface ServerOptions {
  readonly host: string;
  readonly port: number;
  /** TLS is ended here with these; null serves plain HTTP. */
  readonly certificates: ShownCertificates | null;
  /** Load balancers that send a PROXY header, and must. */
  readonly proxyProtocolFrom: readonly Cidr[];
  /** Clients whose connection is idle have so long to send one more request, whose answer tells them to leave; 0 closes at once. */
  readonly idleGraceMs: number;
  /** What is under way may end for this long after `close`, then it is cut. */
  readonly drainMs: number;
}

export interface EngineServer {
  readonly address: AddressInfo;
  /** Connections open at the moment. */
  connections(): number;
  /** Goes on accepting, and tells everybody to come back on another connection: each answer closes its own. */
  drain(): void;
  /** Stops accepting, lets what is under way end for a while, then cuts. */
  close(): Promise<void>;
}

const HANDSHAKE_MS = 10_000;

/** Listens and resolves when it does; rejects when the port cannot be had. */
export async function serveHttp1(options: ServerOptions, engine: Engine): Promise<EngineServer> {
  const open = new Set<ClientConnection | Http2Connection>();
  const deps: ConnectionDeps = {
    sweep: engine.sweep,
    limits: engine.limits,
    begin(head, connection) {
      const exchange = new Exchange(engine, connection, head, HTTP1);
      exchange.begin();
      return exchange;
    },
    refuse: (refusal, connection) => refuse(refusal, connection, engine),
    gone: (connection) => void open.delete(connection),
  };
  let draining = false;
  const { certificates } = options;
  const scheme = certificates === null ? "http" : "https";
  // What a PROXY header said, until the handshake is over: by the ends of the connection, which TLS leaves alone.
  const claimed = new Map<string, string>();
  const serve = (socket: Socket, address: string | null): void => {
    const connection = new ClientConnection(socket, deps, { address, scheme });
    connection.draining = draining;
    open.add(connection);
  };
  const tls =
    certificates === null
      ? null
      : createTlsServer({
          ALPNProtocols: ["h2", "http/1.1"],
          minVersion: "TLSv1.2",
          handshakeTimeout: HANDSHAKE_MS,
          allowHalfOpen: true,
          SNICallback: (name, done) => done(null, certificates.contextFor(name) ?? undefined),
        });
  tls?.on("secureConnection", (socket) => {
    const address = claimed.get(endOf(socket)) ?? socket.remoteAddress ?? null;
    if (socket.alpnProtocol !== "h2") return serve(socket, address);
    const connection = new Http2Connection(socket, engine, { address, gone: (one) => void open.delete(one) });
    open.add(connection);
    if (draining) connection.draining = true;
  });
  let shown: Certificate | null = null;
  // Node asks for a name only where there is one.
  const showFirst = (): void => {
    const first = certificates?.first ?? null;
    if (first === null || first === shown) return;
    shown = first;
    tls?.setSecureContext({ cert: first.cert, key: first.key, minVersion: "TLSv1.2" });
  };
  tls?.on("tlsClientError", (_error, socket) => socket.destroy());
  const secure = (socket: Socket, address: string | null): void => {
    if (tls === null) {
      serve(socket, address);
      // The reader of a PROXY header has paused it.
      socket.resume();
      return;
    }
    const end = endOf(socket);
    if (address !== null) claimed.set(end, address);
    socket.once("close", () => claimed.delete(end));
    showFirst();
    tls.emit("connection", socket);
  };
  const sockets = new Set<Socket>();
  const accept = (socket: Socket): void => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    const address = socket.remoteAddress ?? null;
    if (!isFrom(address, options.proxyProtocolFrom)) return secure(socket, address);
    readProxyHeader(socket, (client) => secure(socket, client ?? address));
  };
  const server = createServer({ allowHalfOpen: tls === null, noDelay: true, keepAlive: true }, accept);
  // Node closes what comes above it; 0 would close everything.
  if (engine.limits.connections > 0) server.maxConnections = engine.limits.connections;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, () => resolve());
  });
  return {
    address: server.address() as AddressInfo,
    connections: () => open.size,
    drain() {
      draining = true;
      for (const connection of open) connection.draining = true;
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const connection of open) connection.draining = true;
      // Who sends a request in the moment in which its idle connection is closed would lose it.
      if (options.idleGraceMs > 0) await Promise.race([closed, pause(options.idleGraceMs)]);
      for (const connection of open) if (connection.idle) connection.close();
      const timer = setTimeout(() => {
        for (const connection of open) connection.cut();
        for (const socket of sockets) socket.destroy();
      }, options.drainMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function endOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress}|${remotePort}`;
}

function isFrom(address: string | null, blocks: readonly Cidr[]): boolean {
  if (address === null || blocks.length === 0) return false;
  const parsed = parseAddress(address);
  return parsed !== null && blocks.some((block) => cidrContains(block, parsed));
}

/** A request that could not be read is answered, counted, and the last thing that is read from its sender. */
function refuse({ status, code }: Refusal, connection: ClientConnection, engine: Engine): void {
  const record = new RequestRecord(engine, "", connection.peer.scheme);
  record.event.code = code;
  const answer = textAnswer(status, "bad request", [["proxy-status", `${CDN_ID}; error=http_request_error`]]);
  connection.write(ownAnswer(answer, { request: null, keepAlive: false, extra: [], date: engine.date }));
  connection.close();
  record.tell(status);
}
