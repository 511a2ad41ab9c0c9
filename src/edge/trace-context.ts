/** W3C Trace Context: the client's `traceparent` taken when it is valid, made otherwise, always with a new parent id. */
import { isHex } from "../core/hex.ts";

export interface TraceContext {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 digits: the span that is made here, and that of the client or null. */
  readonly spanId: string;
  readonly parentSpanId: string | null;
  /** Field to send to the origin. */
  readonly traceparent: string;
  /** False when the trace begins here, so that a `tracestate` that came along belongs to nothing. */
  readonly continued: boolean;
}

/** `random` gives numbers 0 ≤ n < 1. */
export function traceContext(received: string | null, random: () => number): TraceContext {
  const parent = hexId(16, random);
  const parts = received === null ? null : parseTraceparent(received);
  if (parts !== null) {
    const { traceId, parentId, flags } = parts;
    const traceparent = `00-${traceId}-${parent}-${flags}`;
    return { traceId, spanId: parent, parentSpanId: parentId, traceparent, continued: true };
  }
  const traceId = hexId(32, random);
  const traceparent = `00-${traceId}-${parent}-00`;
  return { traceId, spanId: parent, parentSpanId: null, traceparent, continued: false };
}

const HEX_BYTES: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Lower-case hex digits, never all zero; their number must be a multiple of 8. */
export function hexId(digits: number, random: () => number): string {
  let id = "";
  let any = 0;
  for (let count = 0; count < digits; count += 8) {
    const word = (random() * 0x1_0000_0000) >>> 0;
    any |= word;
    id += `${HEX_BYTES[word >>> 24]}${HEX_BYTES[(word >>> 16) & 255]}${HEX_BYTES[(word >>> 8) & 255]}${HEX_BYTES[word & 255]}`;
  }
  return any === 0 ? `${id.slice(1)}1` : id;
}

function parseTraceparent(
  value: string,
): { readonly traceId: string; readonly parentId: string; readonly flags: string } | null {
  const [version = "", traceId = "", parentId = "", flags = "", ...rest] = value.split("-");
  if (!isHex(version, 2) || version === "ff" || !isHex(traceId, 32) || !isHex(parentId, 16) || !isHex(flags, 2)) {
    return null;
  }
  // A later version may have more fields, version 00 may not (§3.2.4).
  if (version === "00" && rest.length > 0) return null;
  if (allZero(traceId) || allZero(parentId)) return null;
  return { traceId, parentId, flags };
}

function allZero(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) !== 48) return false;
  return true;
}
