/** Requests to the management APIs of key-value stores at the edge: what is worth another try is tried again. */
import { causeOf } from "../core/cause.ts";

export interface KvAccess {
  /** For messages: `Workers KV 0123…`. */
  readonly name: string;
  /** Asked for each request, so that a token can be replaced. */
  readonly headers: () => Promise<Readonly<Record<string, string>>>;
  readonly random: () => number;
  readonly pause: (ms: number) => Promise<void>;
  readonly timeoutMs: number;
}

export interface KvRequest {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  readonly url: string;
  readonly type?: string;
  readonly body?: Uint8Array | string;
}

export interface KvAnswer {
  readonly status: number;
  readonly body: Uint8Array;
}

/** A key takes one write a second; the sum is longer than that, and shorter than what a reconcile may wait. */
const ATTEMPTS = 6;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;

/** One request; rejects when it fails again and again, with what the API said last. A token is never shown. */
export async function kvRequest(access: KvAccess, { method, url, type, body }: KvRequest): Promise<KvAnswer> {
  let cause: unknown = null;
  let said = "";
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    let waitMs = FIRST_PAUSE_MS * 2 ** attempt;
    try {
      const response = await fetch(url, {
        method,
        headers: { ...(await access.headers()), ...(type === undefined ? {} : { "content-type": type }) },
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : new Uint8Array(body) }),
        redirect: "error",
        signal: AbortSignal.timeout(access.timeoutMs),
      });
      const answer = { status: response.status, body: new Uint8Array(await response.arrayBuffer()) };
      if (answer.status !== 429 && answer.status < 500) return answer;
      said = saidIn(answer);
      waitMs = Math.max(waitMs, 1000 * Number(response.headers.get("retry-after") ?? 0) || 0);
    } catch (error) {
      cause = error;
      said = causeOf(error);
    }
    if (attempt < ATTEMPTS - 1) await access.pause(Math.min(waitMs, LONGEST_PAUSE_MS) * (0.75 + access.random() / 2));
  }
  throw new Error(`Cannot reach ${access.name}: ${said}`, { cause });
}

/** An error for an answer that is neither what was asked for nor its absence. */
export function kvFailure(access: KvAccess, act: string, answer: KvAnswer): Error {
  return new Error(`Cannot ${act} ${access.name}: ${saidIn(answer)}`);
}

function saidIn({ status, body }: KvAnswer): string {
  const text = new TextDecoder().decode(body.subarray(0, 300)).replaceAll(/\s+/g, " ").trim();
  return text === "" ? `it answered ${status}` : `it answered ${status} ${text}`;
}

/** The JSON of an answer; null where it is none. */
export function kvJson({ body }: KvAnswer): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body)) as unknown;
  } catch {
    return null;
  }
}

/** Entries that are written with one call. */
export type Batch = readonly (readonly [key: string, value: Uint8Array])[];

export interface BatchLimits {
  readonly entries: number;
  readonly bytes: number;
}

/** Batches of at most so many entries and bytes. */
export function* batches(values: ReadonlyMap<string, Uint8Array>, { entries, bytes }: BatchLimits): Generator<Batch> {
  let batch: (readonly [string, Uint8Array])[] = [];
  let size = 0;
  for (const entry of values) {
    // Base64 makes a third more of a value.
    const own = entry[0].length + Math.ceil((entry[1].byteLength * 4) / 3) + 64;
    if (batch.length > 0 && (batch.length >= entries || size + own > bytes)) {
      yield batch;
      batch = [];
      size = 0;
    }
    batch.push(entry);
    size += own;
  }
  if (batch.length > 0) yield batch;
}
