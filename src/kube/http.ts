import { type Dispatcher, request } from "undici";
import type { ApiAccess } from "./access/access.ts";
import { ANONYMOUS, type Credential } from "./access/credential.ts";
import { apiDispatcher } from "./access/dispatcher.ts";
import { isRecord } from "./plain.ts";

/** A request that did not get what it asked for. `status` is null when no answer came. */
export interface ApiFailure {
  readonly ok: false;
  readonly status: number | null;
  /** One line that repeats nothing of the answer but the word that follows. */
  readonly cause: string;
  /** The word of the Status that was answered, such as `Forbidden`; null without one. */
  readonly reason: string | null;
  /** What the answer said besides, for whoever asked the question by hand; null without one. */
  readonly message: string | null;
  /** What `Retry-After` asks for, at most five minutes. */
  readonly retryAfterMs: number | null;
}
export type ApiAnswer = { readonly ok: true; readonly body: unknown } | ApiFailure;
export type ApiStream = { readonly ok: true; readonly lines: AsyncIterable<string> } | ApiFailure;

/** A request that may change something. */
export interface ApiWrite {
  readonly method: "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body: unknown;
  /** `application/json` unless said otherwise. */
  readonly contentType?: string;
}

/** Connections to one API. Nothing here rejects, but the lines of a stream do when it breaks or stays silent. */
export interface ApiConnection {
  /** GET of a JSON document. An answer that is not JSON is a body of null. */
  get(path: string, timeoutMs: number, signal: AbortSignal): Promise<ApiAnswer>;
  /** GET of lines without end. Rejects the iteration after `silenceMs` without a byte. */
  stream(path: string, silenceMs: number, signal: AbortSignal): Promise<ApiStream>;
  /** Sent once; only a 401, which did nothing, is followed by a second try with new credentials. */
  write(write: ApiWrite, timeoutMs: number, signal: AbortSignal): Promise<ApiAnswer>;
  close(): Promise<void>;
}

const maxBodyBytes = 64 * 1024 * 1024;
const maxLineLength = 8 * 1024 * 1024;
/** An API server answers the headers of a watch at once. */
const headersTimeoutMs = 10_000;

interface Asked {
  readonly method: "GET" | ApiWrite["method"];
  readonly path: string;
  readonly body: string | null;
  readonly contentType: string | null;
  readonly timeoutMs: number;
}

/** A connection over undici, which is also what keeps a private CA to this one cluster. */
export function apiConnection(access: ApiAccess): ApiConnection {
  const connections = apiDispatcher(access);
  const base = new URL(access.server);
  const prefix = base.pathname.endsWith("/") ? base.pathname.slice(0, -1) : base.pathname;

  async function send(asked: Asked, credential: Credential, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const { method, path, body, contentType, timeoutMs } = asked;
    return request(new URL(prefix + path, base), {
      method,
      body,
      headers: {
        ...mutable(access.headers),
        accept: "application/json",
        "user-agent": "portolan",
        ...(contentType === null ? {} : { "content-type": contentType }),
        ...(credential.authorization === null ? {} : { authorization: credential.authorization }),
      },
      headersTimeout: method === "GET" ? Math.min(timeoutMs, headersTimeoutMs) : timeoutMs,
      bodyTimeout: timeoutMs,
      signal,
      dispatcher: await connections.of(credential),
    });
  }

  async function open(asked: Asked, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const shown = (await access.credentials?.(null)) ?? ANONYMOUS;
    const first = await send(asked, shown, signal);
    if (first.statusCode !== 401 || access.credentials === undefined) return first;
    const renewed = await access.credentials(shown);
    if (isSame(shown, renewed)) return first;
    await first.body.dump();
    return send(asked, renewed, signal);
  }

  async function answer(asked: Asked, signal: AbortSignal): Promise<ApiAnswer> {
    try {
      const response = await open(asked, AbortSignal.any([signal, AbortSignal.timeout(asked.timeoutMs)]));
      const body = parseJson(await readText(response));
      const isGood = asked.method === "GET" ? response.statusCode === 200 : response.statusCode < 300;
      return isGood ? { ok: true, body } : refusal(response, body);
    } catch (cause) {
      return broken(cause);
    }
  }

  return {
    get: (path, timeoutMs, signal) => answer({ ...reading, path, timeoutMs }, signal),
    write: ({ method, path, body, contentType = "application/json" }, timeoutMs, signal) =>
      answer({ method, path, body: JSON.stringify(body), contentType, timeoutMs }, signal),
    async stream(path, silenceMs, signal) {
      try {
        const response = await open({ ...reading, path, timeoutMs: silenceMs }, signal);
        if (response.statusCode !== 200) return refusal(response, parseJson(await readText(response)));
        return { ok: true, lines: linesOf(response) };
      } catch (cause) {
        return broken(cause);
      }
    },
    close: connections.close,
  };
}

const reading = { method: "GET", body: null, contentType: null } as const;

/** What went wrong, without an address where the message has one: it names the connection, not its content. */
export function causeText(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  if (cause instanceof AggregateError) return cause.errors.map(causeText).join(", ");
  if (cause.name === "TimeoutError") return "no answer in time";
  return cause.message === "" ? cause.name : cause.message;
}

function broken(cause: unknown): ApiFailure {
  return { ok: false, status: null, cause: causeText(cause), reason: null, message: null, retryAfterMs: null };
}

function refusal({ statusCode, headers }: Dispatcher.ResponseData, body: unknown): ApiFailure {
  // Of the body only the Status' reason is repeated: it is one word of a known list, the rest is the server's.
  const { reason, message } = isRecord(body) ? body : {};
  const word = typeof reason === "string" && /^[A-Za-z]{1,40}$/.test(reason) ? reason : null;
  return {
    ok: false,
    status: statusCode,
    cause: `the API answered ${statusCode}${word === null ? "" : ` ${word}`}`,
    reason: word,
    message: typeof message === "string" && message !== "" ? printable(message) : null,
    retryAfterMs: retryAfter(headers["retry-after"]),
  };
}

/** A stranger's text on our terminal: one line, no control characters. */
function printable(text: string): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}]+/gu, " ").trim();
  return clean.length > 400 ? `${clean.slice(0, 399)}…` : clean;
}

function retryAfter(header: string | string[] | undefined): number | null {
  const seconds = typeof header === "string" && /^\d{1,9}$/.test(header) ? Number(header) : null;
  return seconds === null ? null : Math.min(seconds, 300) * 1000;
}

function isSame(a: Credential, b: Credential): boolean {
  return a.authorization === b.authorization && a.certificate?.cert === b.certificate?.cert;
}

function mutable(headers: ApiAccess["headers"] = {}): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, typeof value === "string" ? value : [...value]]),
  );
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
