/**
 * The canonical path of a request, decided once: what is matched is what is forwarded, byte for byte, so that no
 * later parser can see another path than the one that was routed on (RFC 3986 §6.2.2; CVE-2026-47676 and kin).
 *
 * - escapes of unreserved characters are decoded once, other escapes get upper-case digits
 * - dot segments are removed; slashes are never merged; `%2F` is data
 * - refused: control characters and their escapes, backslash and its escape, malformed escapes, invalid or overlong
 *   UTF-8, raw bytes above 0x7E, `#`, and `.;` / `..;` segments, which some servers read as dot segments
 */

export type CanonicalTarget =
  | {
      readonly ok: true;
      readonly path: string;
      /** With the `?`, empty when there is none. */
      readonly query: string;
      /** Both together: what the origin is asked for. */
      readonly whole: string;
    }
  | { readonly ok: false; readonly reason: string };

const MAX_TARGET = 16_384;

/** From an origin-form request target (RFC 9112 §3.2.1). */
export function canonicalTarget(target: string): CanonicalTarget {
  if (target.charCodeAt(0) !== 47)
    return refuse(target === "" ? "the path is empty" : 'the path does not begin with "/"');
  if (target.length > MAX_TARGET) return refuse(`the target is longer than ${MAX_TARGET} characters`);
  const plain = plainEnd(target);
  const mark = target.charCodeAt(plain) === 63 ? plain : target.indexOf("?", plain);
  const raw = mark === -1 ? target : target.slice(0, mark);
  const query = mark === -1 ? "" : target.slice(mark);
  const badQuery = mark === -1 ? null : queryProblem(target, mark);
  if (badQuery !== null) return refuse(badQuery);
  if (plain === raw.length) return { ok: true, path: raw, query, whole: target };
  const decoded = decode(raw);
  if (typeof decoded !== "string") return refuse(decoded.reason);
  const path = removeDotSegments(decoded);
  if (path === null) return refuse("a dot segment carries a parameter");
  return { ok: true, path, query, whole: path + query };
}

/** Nearly every path is letters, digits and a few marks, no dot after a slash: nothing to normalise up to here. */
function plainEnd(target: string): number {
  let previous = 0;
  for (let index = 0; index < target.length; index += 1) {
    const code = target.charCodeAt(index);
    if (code === 46 ? previous === 47 : code !== 47 && !isUnreserved(code)) return index;
    previous = code;
  }
  return target.length;
}

function decode(raw: string): string | { readonly reason: string } {
  let result = "";
  let pending: number[] = [];
  for (let index = 0; index < raw.length; index += 1) {
    const code = raw.charCodeAt(index);
    if (code !== 37) {
      if (pending.length > 0) return { reason: "an escape is not valid UTF-8" };
      if (code <= 32 || code >= 127) return { reason: "the path holds a character that must be escaped" };
      if (code === 92) return { reason: "the path holds a backslash" };
      if (code === 35) return { reason: "the path holds a fragment" };
      result += raw[index];
      continue;
    }
    const byte = hexByte(raw, index + 1);
    if (byte === -1) return { reason: "an escape is malformed" };
    index += 2;
    if (byte < 32 || byte === 127) return { reason: "an escape stands for a control character" };
    if (byte === 92) return { reason: "an escape stands for a backslash" };
    if (byte < 128) {
      if (pending.length > 0) return { reason: "an escape is not valid UTF-8" };
      result += isUnreserved(byte) ? String.fromCharCode(byte) : escape(byte);
      continue;
    }
    pending.push(byte);
    const state = utf8State(pending);
    if (state === "invalid") return { reason: "an escape is not valid UTF-8" };
    if (state === "whole") {
      for (const part of pending) result += escape(part);
      pending = [];
    }
  }
  return pending.length > 0 ? { reason: "an escape is not valid UTF-8" } : result;
}

/** RFC 3986 §5.2.4 for an absolute path; null when a dot segment hides behind a `;`. */
function removeDotSegments(path: string): string | null {
  const segments = path.split("/");
  const kept: string[] = [];
  for (let index = 1; index < segments.length; index += 1) {
    const segment = segments[index] ?? "";
    const last = index === segments.length - 1;
    if (segment.startsWith(".;") || segment.startsWith("..;")) return null;
    if (segment === ".") {
      if (last) kept.push("");
    } else if (segment === "..") {
      kept.pop();
      if (last) kept.push("");
    } else kept.push(segment);
  }
  return `/${kept.join("/")}`;
}

/** The query is data and goes through as it came, as long as it cannot end the request line. */
function queryProblem(target: string, from: number): string | null {
  for (let index = from; index < target.length; index += 1) {
    const code = target.charCodeAt(index);
    if (code <= 32 || code >= 127) return "the query holds a character that must be escaped";
    if (code === 35) return "the query holds a fragment";
  }
  return null;
}

function utf8State(bytes: readonly number[]): "part" | "whole" | "invalid" {
  const [first = 0, second = 0] = bytes;
  const length =
    first >= 0xc2 && first <= 0xdf ? 2 : first >= 0xe0 && first <= 0xef ? 3 : first >= 0xf0 && first <= 0xf4 ? 4 : 0;
  if (length === 0) return "invalid";
  if (bytes.length === 1) return "part";
  if (bytes.slice(1).some((byte) => byte < 0x80 || byte > 0xbf)) return "invalid";
  // Overlong forms, surrogates and code points above U+10FFFF (RFC 3629 §4).
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return "invalid";
  return bytes.length === length ? "whole" : "part";
}

function hexByte(text: string, at: number): number {
  const high = hexDigit(text.charCodeAt(at));
  const low = hexDigit(text.charCodeAt(at + 1));
  return high === -1 || low === -1 ? -1 : high * 16 + low;
}

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  if (code >= 65 && code <= 70) return code - 55;
  if (code >= 97 && code <= 102) return code - 87;
  return -1;
}

function escape(byte: number): string {
  return `%${byte.toString(16).toUpperCase()}`;
}

/** RFC 3986 §2.3. */
function isUnreserved(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    (code >= 48 && code <= 57) ||
    code === 45 ||
    code === 46 ||
    code === 95 ||
    code === 126
  );
}

function refuse(reason: string): CanonicalTarget {
  return { ok: false, reason };
}
