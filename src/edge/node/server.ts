/** Requests from Node's HTTP server to the edge and back: a simple adapter, strict where Node's parser is lax. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { asResponse, textAnswer } from "../local-answer.ts";
import type { EdgeRequest, EdgeResponse, HeaderField } from "../message.ts";

const HEAD_TIMEOUT_MS = 10_000;
const MAX_HEAD_BYTES = 32_768;
const DRAIN_MS = 5000;

export interface EdgeServer {
  readonly address: AddressInfo;
  /** Stops accepting, lets what is under way end for a while, then cuts. */
  close(): Promise<void>;
}

/** Listens and resolves when it does; rejects when the port cannot be had. */
export async function serveEdge(
  listen: { readonly host: string; readonly port: number },
  handle: (request: EdgeRequest) => Promise<EdgeResponse>,
): Promise<EdgeServer> {
  const server = createServer({ maxHeaderSize: MAX_HEAD_BYTES, headersTimeout: HEAD_TIMEOUT_MS, requestTimeout: 0 });
  server.on("request", (incoming, outgoing) => {
    serve(incoming, outgoing, handle).catch(() => incoming.socket.destroy());
  });
  server.on("clientError", refuse);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(listen.port, listen.host, () => resolve());
  });
  return { address: server.address() as AddressInfo, close: () => closeServer(server) };
}

async function serve(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  handle: (request: EdgeRequest) => Promise<EdgeResponse>,
): Promise<void> {
  const headers = fieldsOf(incoming.rawHeaders);
  const problem = headProblem(incoming, headers);
  if (problem !== null) {
    // What follows on this connection was framed by a sender we do not understand: nothing more is read.
    await send(asResponse(textAnswer(400, "bad request")), incoming, outgoing, true);
    incoming.socket.destroySoon();
    return;
  }
  const gone = new AbortController();
  outgoing.once("close", () => {
    if (!outgoing.writableFinished) gone.abort();
  });
  const response = await handle(requestOf(incoming, headers, gone.signal));
  await send(response, incoming, outgoing, false);
}

/** What Node lets through and we do not (reference/reliability.md §3.2); null when the head is fine. */
function headProblem(incoming: IncomingMessage, headers: readonly HeaderField[]): string | null {
  if (incoming.httpVersion !== "1.1" && incoming.httpVersion !== "1.0") return "version";
  if (headers.filter(([name]) => name === "host").length !== 1) return "host";
  const codings = headers.filter(([name]) => name === "transfer-encoding");
  const lengths = headers.filter(([name]) => name === "content-length");
  if (codings.length > 0 && (lengths.length > 0 || incoming.httpVersion === "1.0")) return "framing";
  if (codings.some(([, value]) => value.toLowerCase() !== "chunked") || codings.length > 1) return "coding";
  return lengths.length > 1 ? "length" : null;
}

function requestOf(incoming: IncomingMessage, headers: readonly HeaderField[], signal: AbortSignal): EdgeRequest {
  const length = headers.find(([name]) => name === "content-length")?.[1];
  const hasBody = incoming.headers["transfer-encoding"] !== undefined || (length !== undefined && length !== "0");
  return {
    method: incoming.method ?? "GET",
    target: incoming.url ?? "",
    host: incoming.headers.host ?? "",
    headers,
    body: hasBody ? (Readable.toWeb(incoming, { strategy: { highWaterMark: 0 } }) as ReadableStream<Uint8Array>) : null,
    bodyLength: length === undefined ? null : Number(length),
    peerAddress: incoming.socket.remoteAddress ?? null,
    scheme: "http",
    runtimeLocation: null,
    signal,
  };
}

async function send(
  response: EdgeResponse,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  close: boolean,
): Promise<void> {
  const names = response.headers.flatMap(([name, value]) => [name, value]);
  if (close) names.push("connection", "close");
  outgoing.sendDate = !response.headers.some(([name]) => name === "date");
  outgoing.writeHead(response.status, names);
  if (response.body === null || incoming.method === "HEAD") {
    await response.body?.cancel();
    outgoing.end();
  } else {
    // The head goes out at once: a stream may take long to its first byte.
    outgoing.flushHeaders();
    await pipeline(Readable.fromWeb(response.body), outgoing);
  }
  // A body that nobody read would be taken for the next request's head.
  if (!incoming.complete) incoming.socket.destroySoon();
}

function fieldsOf(raw: readonly string[]): readonly HeaderField[] {
  const fields: HeaderField[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2)
    fields.push([(raw[index] ?? "").toLowerCase(), raw[index + 1] ?? ""]);
  return fields;
}

function refuse(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const status =
    error.code === "HPE_HEADER_OVERFLOW"
      ? "431 Request Header Fields Too Large"
      : error.code === "ERR_HTTP_REQUEST_TIMEOUT"
        ? "408 Request Timeout"
        : "400 Bad Request";
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearTimeout(timer);
}
