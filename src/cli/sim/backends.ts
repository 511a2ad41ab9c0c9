import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { NO_TROUBLE, type Trouble } from "./messages.ts";

/** Backends of a pretended cluster: real HTTP servers on loopback. */
export interface Backends {
  /** One port per backend, in order. */
  readonly ports: readonly number[];
  /** What they do from now on. */
  setTrouble(trouble: Trouble): void;
  close(): Promise<void>;
}

export interface BackendsOptions {
  readonly cluster: string;
  readonly zone: string;
  readonly count: number;
  /** Ports to take; backends beyond them take free ones. Rejects when one is taken. */
  readonly ports?: readonly number[];
}

/**
 * Starts the backends. Each answers a GET with `{"hostname":"k8shserver-x7k2p","zone":"us-east1-b"}` and a newline, and
 * tells at `/echo` what reached it: method, target, headers and the length of the body.
 */
export async function startBackends(options: BackendsOptions): Promise<Backends> {
  const { cluster, zone, count, ports = [] } = options;
  let trouble: Trouble = NO_TROUBLE;
  let asked = 0;
  const serve = async (identity: object, request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const now = trouble;
    if (now.lies && request.headers["user-agent"] === "portolan-probe") return answer(identity, request, response);
    if (now.reset) return void request.socket.resetAndDestroy();
    if (now.hang) return void request.resume();
    if (now.latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, now.latencyMs));
    asked += 1;
    // Spread evenly instead of drawn by lot, so that a run says the same every time.
    const failing = Math.floor(asked * now.errors.share) > Math.floor((asked - 1) * now.errors.share);
    if (!failing) return answer(identity, request, response);
    request.resume();
    response.writeHead(now.errors.status, { "content-type": "text/plain" }).end("trouble\n");
  };
  const servers = await Promise.all(
    Array.from({ length: count }, (_, index) => {
      const identity = { hostname: backendHostname(cluster, index), zone };
      return listening(
        createServer((request, response) => void serve(identity, request, response)),
        ports[index] ?? 0,
      );
    }),
  );
  return {
    ports: servers.map((server) => (server.address() as AddressInfo).port),
    setTrouble(next) {
      trouble = next;
    },
    async close() {
      await Promise.all(servers.map(closed));
    },
  };
}

/** The letters of which Kubernetes makes the ends of Pod names: no vowels, nothing that looks like another. */
const letters = "bcdfghjklmnpqrstvwxz2456789";

/** Name of the n-th backend of a cluster, the same in every run: `k8shserver-x7k2p`. */
export function backendHostname(cluster: string, index: number): string {
  // FNV-1a, which spreads names that differ in one letter.
  let hash = 0x811c9dc5;
  for (const character of `${cluster}/${index}`)
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  let ending = "";
  for (let place = 0; place < 5; place++) {
    ending += letters[hash % letters.length] ?? "";
    hash = Math.floor(hash / letters.length);
  }
  return `k8shserver-${ending}`;
}

async function answer(identity: object, request: IncomingMessage, response: ServerResponse): Promise<void> {
  let bodyBytes = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) bodyBytes += chunk.length;
  } catch {
    // The client went while it sent: nobody is left to answer.
    return;
  }
  const { method, url = "/", rawHeaders } = request;
  const headers = Array.from({ length: rawHeaders.length / 2 }, (_, i) => [rawHeaders[2 * i], rawHeaders[2 * i + 1]]);
  const isEcho = url === "/echo" || url.startsWith("/echo?") || url.startsWith("/echo/");
  const body = isEcho ? { ...identity, method, path: url, headers, bodyBytes } : identity;
  response.writeHead(200, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
}

function listening(server: Server, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
