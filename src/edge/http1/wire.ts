/** Messages as they are written: always from what was understood, never as they came. */
import { STATUS_CODES } from "node:http";
import type { HeaderField } from "../message.ts";

/** How a body is written: as it is, or as chunks. */
export type Framing = "plain" | "chunked";

const STATUS_LINES: ReadonlyMap<number, string> = new Map(
  Object.entries(STATUS_CODES).map(([code, reason]) => [Number(code), `HTTP/1.1 ${code} ${reason}\r\n`]),
);

const EMPTY: Buffer = Buffer.alloc(0);
const LAST_CHUNK = "0\r\n\r\n";

/** Status line and fields, without the empty line that ends the head. */
export function statusAndFields(status: number, fields: readonly HeaderField[]): string {
  return (STATUS_LINES.get(status) ?? `HTTP/1.1 ${status} \r\n`) + fieldLines(fields);
}

/** One line per field. */
export function fieldLines(fields: readonly HeaderField[]): string {
  let text = "";
  for (const [name, value] of fields) text += `${name}: ${value}\r\n`;
  return text;
}

/** Head (latin1, may be empty), parts and, for `last`, the end of a chunked body in one buffer of its own. */
export function compose(head: string, parts: readonly Buffer[], framing: Framing, last: boolean): Buffer {
  let size = 0;
  for (const part of parts) size += part.length;
  const chunkHead = framing === "chunked" && size > 0 ? `${size.toString(16)}\r\n` : "";
  const tail = `${chunkHead === "" ? "" : "\r\n"}${framing === "chunked" && last ? LAST_CHUNK : ""}`;
  const total = head.length + chunkHead.length + size + tail.length;
  if (total === 0) return EMPTY;
  const bytes = Buffer.allocUnsafe(total);
  let at = head === "" ? 0 : bytes.write(head, 0, "latin1");
  if (chunkHead !== "") at += bytes.write(chunkHead, at, "latin1");
  for (const part of parts) at += part.copy(bytes, at);
  if (tail !== "") bytes.write(tail, at, "latin1");
  return bytes;
}

/** RFC 9110 §5.6.7, made once a second. */
export function httpDates(now: () => number): () => string {
  let second = -1;
  let text = "";
  return () => {
    const current = Math.floor(now() / 1000);
    if (current !== second) {
      second = current;
      text = new Date(current * 1000).toUTCString();
    }
    return text;
  };
}
