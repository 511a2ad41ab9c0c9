/** A response's head: canonical or refused (reference S15). What is refused becomes 502, and its connection is closed. */
import { hopByHop } from "../hop-by-hop.ts";
import { type HeaderField, withoutOws } from "../message.ts";
import { decimal } from "./grammar.ts";
import { HeadParser, type HeadProblem } from "./head-parser.ts";

export interface ResponseHead {
  readonly status: number;
  readonly fields: readonly HeaderField[];
  /** `close`: the body ends where the connection does. */
  readonly body: "none" | "length" | "chunked" | "close";
  /** Content-Length as declared, also where there is no body (HEAD); -1 when there is none. */
  readonly length: number;
  /** The connection may carry another request once the body is over. */
  readonly reusable: boolean;
  /** From `Keep-Alive: timeout`; null when the origin does not say. */
  readonly idleMs: number | null;
}

export interface StatusLine {
  readonly status: number;
  readonly minor: number;
}

/** A parser for the responses of one connection. */
export function responseParser(): HeadParser<StatusLine> {
  return new HeadParser({
    limits: { startLine: 8192, bytes: 65_536, fields: 256 },
    start: statusLine,
    leadingEmptyLines: false,
  });
}

/** What a whole head means as the answer to `method`, or a word for why it is refused. */
export function readResponse(line: StatusLine, fields: readonly HeaderField[], method: string): ResponseHead | string {
  const { status, minor } = line;
  let length = -1;
  let chunked = false;
  let repeated = false;
  let close = false;
  let keep = false;
  let idleMs: number | null = null;
  for (const [name, value] of fields) {
    switch (name) {
      case "content-length": {
        const declared = decimal(value);
        if (declared === null) return "its Content-Length is malformed";
        // RFC 9110 §8.6: equal ones may be merged, but whoever sends two is not to be trusted with a second answer.
        if (length !== -1 && length !== declared) return "it has two Content-Lengths";
        repeated ||= length !== -1;
        length = declared;
        break;
      }
      case "transfer-encoding":
        if (chunked || value.toLowerCase() !== "chunked") return "its transfer coding is not chunked alone";
        chunked = true;
        break;
      case "connection":
        for (const option of value.toLowerCase().split(",")) {
          const word = withoutOws(option);
          if (word === "close") close = true;
          else if (word === "keep-alive") keep = true;
        }
        break;
      case "keep-alive":
        idleMs = timeoutOf(value);
        break;
    }
  }
  if (chunked && length !== -1) return "it has a Content-Length and a transfer coding";
  if (chunked && minor === 0) return "it has a transfer coding in HTTP/1.0";
  const bodiless = method === "HEAD" || status < 200 || status === 204 || status === 304;
  const body = bodiless ? "none" : chunked ? "chunked" : length === -1 ? "close" : length === 0 ? "none" : "length";
  const reusable = body !== "close" && !close && !repeated && (minor === 1 || keep);
  return { status, fields, body, length, reusable, idleMs };
}

/** Fields of an interim or final answer without those that end at this hop and without its framing. */
export function endToEnd(fields: readonly HeaderField[]): HeaderField[] {
  const ends = hopByHop(fields);
  return fields.filter(([name]) => name !== "content-length" && !ends(name));
}

/** `HTTP/1.x SP 3DIGIT [SP reason]`; the reason is dropped, since it is for nobody (RFC 9112 §4). */
function statusLine(line: string): StatusLine | HeadProblem {
  if (!line.startsWith("HTTP/1.")) return line.startsWith("HTTP/") ? "version" : "start-line";
  const minor = line.charCodeAt(7) - 48;
  if (minor !== 0 && minor !== 1) return "version";
  if (line.charCodeAt(8) !== 32 || (line.length > 12 && line.charCodeAt(12) !== 32)) return "start-line";
  const status = line.length < 12 ? null : decimal(line.slice(9, 12));
  return status === null || status < 100 ? "start-line" : { status, minor };
}

/** `timeout=5, max=100`. */
function timeoutOf(value: string): number | null {
  for (const part of value.toLowerCase().split(",")) {
    const parameter = withoutOws(part);
    if (!parameter.startsWith("timeout=")) continue;
    const seconds = decimal(parameter.slice(8));
    return seconds === null ? null : seconds * 1000;
  }
  return null;
}
