/** Requests and answers as the edge sees them, the same on every runtime. */
import type { ClientLocation } from "../core/decision.ts";

/** Name in lower case, value as it came. Repeated fields stay apart and in order. */
export type HeaderField = readonly [name: string, value: string];

/** What is known of a request before its body is read. */
export interface EdgeRequestHead {
  readonly method: string;
  /** Origin-form target as received: path and query, not normalised where the runtime lets us see that. */
  readonly target: string;
  /** The Host field as received. */
  readonly host: string;
  readonly headers: readonly HeaderField[];
  /** Address of the other end of the connection; null where the runtime does not say. */
  readonly peerAddress: string | null;
  readonly scheme: "http" | "https";
  /** What the platform itself says about the client's place, already read; null when it says nothing. */
  readonly runtimeLocation: ClientLocation | null;
}

export interface EdgeRequest extends EdgeRequestHead {
  /** Null when there is none. */
  readonly body: ReadableStream<Uint8Array> | null;
  /** Bytes, from Content-Length; null when unknown (chunked) or when there is no body. */
  readonly bodyLength: number | null;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
}

export interface EdgeResponse {
  readonly status: number;
  readonly headers: readonly HeaderField[];
  /** Cancelling it aborts the upstream. */
  readonly body: ReadableStream<Uint8Array> | null;
}

/** Value of the first field of that name, or null. */
export function firstHeader(headers: readonly HeaderField[], name: string): string | null {
  for (const [field, value] of headers) if (field === name) return value;
  return null;
}

/** All values of a list-shaped field, split at commas and trimmed, empty members left out (RFC 9110 §5.6.1). */
export function listHeader(headers: readonly HeaderField[], name: string): readonly string[] {
  const members: string[] = [];
  for (const [field, value] of headers) {
    if (field !== name) continue;
    for (const member of value.split(",")) {
      const trimmed = member.trim();
      if (trimmed !== "") members.push(trimmed);
    }
  }
  return members;
}

/** Without SP and HTAB at its ends (RFC 9110 §5.6.3); `trim()` takes bytes away that no grammar calls white space. */
export function withoutOws(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isOws(text.charCodeAt(from))) from += 1;
  while (to > from && isOws(text.charCodeAt(to - 1))) to -= 1;
  return text.slice(from, to);
}

function isOws(code: number): boolean {
  return code === 32 || code === 9;
}
