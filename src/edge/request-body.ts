/** The body of a request: kept when it is small, so that another cluster can get it too; streamed once otherwise. */
import type { EdgeRequest } from "./message.ts";

/** DESIGN.md: bodies up to this many bytes are kept for a retry. */
export const KEPT_BODY_BYTES = 65_536;

export interface RequestBody {
  /** What to send; a stream is the same one each time. */
  readonly content: Uint8Array | ReadableStream<Uint8Array> | null;
  readonly length: number | null;
  /** Whether it can (still) be sent from its beginning. */
  replayable(): boolean;
  /** Whether all of it was read from the client; a runtime whose streams we do not watch never says so. */
  complete(): boolean;
}

/** Hands a stream on and notes how far it was read. */
export type WatchBody = (source: ReadableStream<Uint8Array>, length: number | null) => RequestBody;

export type BodyResult =
  | { readonly ok: true; readonly body: RequestBody }
  | { readonly ok: false; readonly cause: "too-slow" | "broken" };

/**
 * Reads a body of at most 64 KiB by Content-Length, which must arrive within `timeoutMs`; others are handed on.
 * `watch` wraps a streamed body to know how far it was read: null where unsent is never proven, which makes it pointless.
 */
export async function takeBody(request: EdgeRequest, timeoutMs: number, watch: WatchBody | null): Promise<BodyResult> {
  const { body, bodyLength } = request;
  if (body === null) return { ok: true, body: whole(null, 0) };
  if (bodyLength !== null && bodyLength <= KEPT_BODY_BYTES) return await keep(body, bodyLength, timeoutMs);
  if (watch !== null) return { ok: true, body: watch(body, bodyLength) };
  const streamed = { content: body, length: bodyLength, replayable: () => false, complete: () => false };
  return { ok: true, body: streamed };
}

function whole(content: Uint8Array | null, length: number): RequestBody {
  return { content, length, replayable: () => true, complete: () => true };
}

async function keep(body: ReadableStream<Uint8Array>, length: number, timeoutMs: number): Promise<BodyResult> {
  const bytes = new Uint8Array(length);
  const reader = body.getReader();
  let cause: "too-slow" | "broken" = "broken";
  const timer = setTimeout(() => {
    cause = "too-slow";
    reader.cancel().catch(() => undefined);
  }, timeoutMs);
  let filled = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (filled + value.byteLength > length) return { ok: false, cause: "broken" };
      bytes.set(value, filled);
      filled += value.byteLength;
    }
  } catch {
    return { ok: false, cause };
  } finally {
    clearTimeout(timer);
  }
  return filled === length ? { ok: true, body: whole(bytes, length) } : { ok: false, cause };
}
