/**
 * The plainest edge there can be: node:http on both sides of the edge's own request handling. It passes the suite, and
 * each of its parts can be replaced by one that is wrong. No runtime is made of it.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { Agent, createServer, type IncomingMessage, request as nodeRequest, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { bundleReader } from "../../src/core/snapshot/bundle.ts";
import type { SnapshotSource } from "../../src/core/snapshot/load.ts";
import { createEdge } from "../../src/edge/edge.ts";
import { watchedBody } from "../../src/edge/watched-body.ts";
import { handle as handleRequest } from "../../src/edge/handle.ts";
import type { EdgeRequest, EdgeResponse, HeaderField } from "../../src/edge/message.ts";
import { edgeMetrics } from "../../src/edge/metrics.ts";
import type { Upstream, UpstreamFailure } from "../../src/edge/upstream.ts";
import { httpReader } from "../../src/store/http-reader.ts";
import { manifestVerifier, publicKeyOf, sha256Hex } from "../../src/store/signature.ts";
import type { EdgeStart, RunningEdge } from "./edge-world.ts";

export type Handle = (request: EdgeRequest) => Promise<EdgeResponse>;
export type Get = SnapshotSource["get"];
export type Verify = NonNullable<SnapshotSource["verify"]>;

/** One try, with the client's request that it is for. */
export type Send = (asked: EdgeRequest, ...args: Parameters<Upstream["send"]>) => ReturnType<Upstream["send"]>;

/** What is replaced in one edge; nothing in one that is whole. */
export interface Sabotage {
  readonly start?: (options: EdgeStart) => EdgeStart;
  readonly handle?: (real: Handle) => Handle;
  readonly send?: (real: Send) => Send;
  readonly get?: (real: Get) => Get;
  readonly verify?: (real: Verify) => Verify | null;
}

const POLL_MS = 50;

/** Starts one. `mistakes` gets what went wrong inside, so that a mistake is not taken for the sabotage. */
export async function startPlainEdge(
  given: EdgeStart,
  sabotage: Sabotage,
  mistakes: (error: unknown) => void,
): Promise<RunningEdge> {
  const options = sabotage.start?.(given) ?? given;
  const upstream = plainUpstream();
  const current = new AsyncLocalStorage<EdgeRequest>();
  const real: Send = (_asked, ...args) => upstream.send(...args);
  const send = sabotage.send?.(real) ?? real;
  const keys = new Map<string, Awaited<ReturnType<typeof publicKeyOf>>>();
  for (const [id, jwk] of Object.entries(options.publicKeys)) keys.set(id, await publicKeyOf(jwk));
  const read = httpReader(options.storeUrl);
  const verify = manifestVerifier(keys);
  const source: SnapshotSource = {
    get: sabotage.get?.(read) ?? read,
    digest: sha256Hex,
    verify: sabotage.verify === undefined ? verify : sabotage.verify(verify),
    audience: options.audience,
  };
  const edge = createEdge(
    {
      name: "plain",
      location: options.location,
      trustedProxies: [],
      trustedHops: 0,
      trustedHeader: null,
      debugToken: options.debugToken,
    },
    {
      source,
      report: null,
      pinKeys: null,
      locator: null,
      headerLocation: null,
      zonePoint: null,
      metrics: edgeMetrics,
      now: Date.now,
      random: Math.random,
      accessLog: (line) => {
        const { error } = JSON.parse(line) as { error?: unknown };
        if (typeof error === "string") mistakes(error);
      },
      log: () => undefined,
    },
  );
  const asked: Upstream = {
    provesUnsent: true,
    hostOverride: "any",
    async send(...args) {
      const request = current.getStore();
      if (request === undefined) throw new Error("Cannot send: no request is being answered");
      return await send(request, ...args);
    },
  };
  const inner: Handle = (request) =>
    current.run(request, () =>
      handleRequest(request, { ...edge.rules, upstream: asked, watchBody: watchedBody, pins: null }),
    );
  const handle = sabotage.handle?.(inner) ?? inner;
  const server = createServer((incoming, outgoing) => {
    const gone = new AbortController();
    outgoing.once("close", () => {
      if (!outgoing.writableFinished) gone.abort();
    });
    handle(requestOf(incoming, gone.signal)).then(
      // A client or an origin that breaks off is seen by the other as a broken connection, which is all there is to do.
      (response) => answer(response, incoming, outgoing).catch(() => incoming.socket.destroy()),
      (error: unknown) => {
        mistakes(error);
        incoming.socket.destroy();
      },
    );
  });
  server.on("clientError", (_error, socket) =>
    socket.end("HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  await edge.coldStart(options.bundled === null ? null : { ...source, get: bundleReader(options.bundled) });
  const timer = setInterval(() => void edge.refresh(), POLL_MS);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      clearInterval(timer);
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      upstream.close();
      await closed;
    },
  };
}

function requestOf(incoming: IncomingMessage, signal: AbortSignal): EdgeRequest {
  const length = incoming.headers["content-length"];
  const hasBody = length !== undefined || incoming.headers["transfer-encoding"] !== undefined;
  return {
    method: incoming.method ?? "",
    target: incoming.url ?? "",
    host: incoming.headers.host ?? "",
    headers: fieldsOf(incoming.rawHeaders),
    body: hasBody ? webStream(incoming) : null,
    bodyLength: length === undefined ? null : Number(length),
    peerAddress: incoming.socket.remoteAddress ?? null,
    scheme: "http",
    runtimeLocation: null,
    signal,
  };
}

async function answer(response: EdgeResponse, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  outgoing.writeHead(response.status, response.headers.flat());
  if (response.body === null || incoming.method === "HEAD") {
    outgoing.end();
    await response.body?.cancel();
    return;
  }
  outgoing.flushHeaders();
  await pipeline(Readable.fromWeb(response.body), outgoing);
}

function plainUpstream(): Upstream & { close(): void } {
  const agent = new Agent({ keepAlive: true });
  return {
    provesUnsent: true,
    hostOverride: "any",
    send: (origin, request, { responseTimeoutMs, signal }) =>
      new Promise((resolve) => {
        const fields: HeaderField[] = [["host", request.host], ...request.headers];
        if (request.body !== null && request.bodyLength !== null) {
          fields.push(["content-length", String(request.bodyLength)]);
        }
        const outgoing = nodeRequest({
          agent,
          host: origin.connectHost,
          port: origin.port,
          method: request.method,
          path: request.target,
          headers: fields.flat(),
        });
        const slow = new Error("slow");
        const timer = setTimeout(() => outgoing.destroy(slow), responseTimeoutMs);
        const leave = () => void outgoing.destroy();
        signal.addEventListener("abort", leave);
        outgoing.on("close", () => {
          clearTimeout(timer);
          signal.removeEventListener("abort", leave);
        });
        outgoing.on("error", (error) => {
          if (signal.aborted) resolve(failed("client-gone", false));
          else if (error === slow) resolve(failed("response-timeout", false));
          else if ("syscall" in error && error.syscall === "connect") resolve(failed("refused", true));
          else resolve(failed("reset", false));
        });
        outgoing.on("response", (incoming) => {
          clearTimeout(timer);
          const { statusCode: status = 0 } = incoming;
          const bodiless = request.method === "HEAD" || status === 204 || status === 304;
          if (bodiless) incoming.resume();
          const body = bodiless ? null : webStream(incoming);
          resolve({ type: "answer", status, headers: fieldsOf(incoming.rawHeaders), body });
        });
        if (request.body === null || request.body instanceof Uint8Array) outgoing.end(request.body ?? undefined);
        else Readable.fromWeb(request.body).on("error", leave).pipe(outgoing);
      }),
    close: () => agent.destroy(),
  };
}

function failed(failure: UpstreamFailure["failure"], unsent: boolean): UpstreamFailure {
  return { type: "failed", failure, unsent, detail: failure };
}

/** Reads nothing ahead, so that a slow reader slows the sender down. */
function webStream(readable: Readable): ReadableStream<Uint8Array> {
  return Readable.toWeb(readable, { strategy: { highWaterMark: 0 } }) as ReadableStream<Uint8Array>;
}

function fieldsOf(raw: readonly string[]): HeaderField[] {
  return raw.flatMap((name, index): HeaderField[] =>
    index % 2 === 0 ? [[name.toLowerCase(), raw[index + 1] ?? ""]] : [],
  );
}
