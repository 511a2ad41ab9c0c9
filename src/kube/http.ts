import { Agent, type Dispatcher, request } from "undici";
import { isRecord } from "./plain.ts";

/** How to reach one cluster's API. */
export interface ApiAccess {
  /** `https://203.0.113.7:6443`, without a path. */
  readonly server: string;
  /** Bearer token; a function is asked for each request and again after a 401, since tokens are rotated. */
  readonly token?: string | (() => string | Promise<string>);
  /** PEM bundle that replaces the system's roots. */
  readonly ca?: string;
  /** Where requests go instead of a connection pool of our own; it is not closed with the connection. */
  readonly dispatcher?: Dispatcher;
}

/** A request that did not get what it asked for. `status` is null when no answer came. */
export interface ApiFailure {
  readonly ok: false;
  readonly status: number | null;
  readonly cause: string;
  /** What `Retry-After` asks for, at most five minutes. */
  readonly retryAfterMs: number | null;
}
export type ApiAnswer = { readonly ok: true; readonly body: unknown } | ApiFailure;
export type ApiStream = { readonly ok: true; readonly lines: AsyncIterable<string> } | ApiFailure;

/** Connections to one API. Nothing here rejects, but the lines of a stream do when it breaks or stays silent. */
export interface ApiConnection {
  /** GET of a JSON document. An answer that is not JSON is a body of null. */
  get(path: string, timeoutMs: number, signal: AbortSignal): Promise<ApiAnswer>;
  /** GET of lines without end. Rejects the iteration after `silenceMs` without a byte. */
  stream(path: string, silenceMs: number, signal: AbortSignal): Promise<ApiStream>;
  close(): Promise<void>;
}

const maxBodyBytes = 64 * 1024 * 1024;
const maxLineLength = 8 * 1024 * 1024;
const connectTimeoutMs = 5_000;
/** An API server answers the headers of a watch at once. */
const headersTimeoutMs = 10_000;

/** A connection over undici, which is also what keeps a private CA to this one cluster. */
export function apiConnection(access: ApiAccess): ApiConnection {
  const connect = { timeout: connectTimeoutMs, ...(access.ca === undefined ? {} : { ca: access.ca }) };
  const own = access.dispatcher === undefined ? new Agent({ connect }) : null;
  const dispatcher = access.dispatcher ?? own ?? undefined;

  async function send(path: string, timeoutMs: number, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const token = typeof access.token === "function" ? await access.token() : access.token;
    return request(new URL(path, access.server), {
      headers: { accept: "application/json", ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
      headersTimeout: Math.min(timeoutMs, headersTimeoutMs),
      bodyTimeout: timeoutMs,
      signal,
      ...(dispatcher === undefined ? {} : { dispatcher }),
    });
  }

  async function open(path: string, timeoutMs: number, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const first = await send(path, timeoutMs, signal);
    if (first.statusCode !== 401 || typeof access.token !== "function") return first;
    await first.body.dump();
    return send(path, timeoutMs, signal);
  }

  return {
    async get(path, timeoutMs, signal) {
      try {
        const limited = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
        const response = await open(path, timeoutMs, limited);
        const body = parseJson(await readText(response));
        return response.statusCode === 200 ? { ok: true, body } : refusal(response, body);
      } catch (cause) {
        return broken(cause);
      }
    },
    async stream(path, silenceMs, signal) {
      try {
        const response = await open(path, silenceMs, signal);
        if (response.statusCode !== 200) return refusal(response, parseJson(await readText(response)));
        return { ok: true, lines: linesOf(response) };
      } catch (cause) {
        return broken(cause);
      }
    },
    close: async () => own?.destroy(),
  };
}

/** What went wrong, without an address where the message has one: it names the connection, not its content. */
export function causeText(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  if (cause instanceof AggregateError) return cause.errors.map(causeText).join(", ");
  if (cause.name === "TimeoutError") return "no answer in time";
  return cause.message === "" ? cause.name : cause.message;
}

function broken(cause: unknown): ApiFailure {
  return { ok: false, status: null, cause: causeText(cause), retryAfterMs: null };
}

function refusal({ statusCode, headers }: Dispatcher.ResponseData, body: unknown): ApiFailure {
  // Of the body only the Status' reason is repeated: it is one word of a known list, the rest is the server's.
  const reason = isRecord(body) ? body["reason"] : undefined;
  const word = typeof reason === "string" && /^[A-Za-z]{1,40}$/.test(reason) ? ` ${reason}` : "";
  return {
    ok: false,
    status: statusCode,
    cause: `the API answered ${statusCode}${word}`,
    retryAfterMs: retryAfter(headers["retry-after"]),
  };
}

function retryAfter(header: string | string[] | undefined): number | null {
  const seconds = typeof header === "string" && /^\d{1,9}$/.test(header) ? Number(header) : null;
  return seconds === null ? null : Math.min(seconds, 300) * 1000;
}

async function readText({ body }: Dispatcher.ResponseData): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes) throw new RangeError(`the answer is longer than ${maxBodyBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

async function* linesOf({ body }: Dispatcher.ResponseData): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body as AsyncIterable<Buffer>) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    if (rest.length > maxLineLength) throw new RangeError(`an event is longer than ${maxLineLength} characters`);
    for (const line of parts) if (line !== "") yield line;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
