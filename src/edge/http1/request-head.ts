/**
 * A request's head and what it means for the connection. Anything ambiguous is refused (reference S1 to S14): a lenient
 * reading here and another one at the origin is what request smuggling is made of.
 */
import { type EdgeRequestHead, type HeaderField, withoutOws } from "../message.ts";
import { ENGINE_LIMITS, type EngineLimits } from "./client-limits.ts";
import { consistsOf, decimal, TARGET_BYTE, TOKEN } from "./grammar.ts";
import { HeadParser, type HeadProblem } from "./head-parser.ts";

export interface RequestHead {
  readonly method: string;
  /** Origin-form, or `*`. */
  readonly target: string;
  readonly host: string;
  /** Of HTTP/1.x: 0 or 1. */
  readonly minor: number;
  /** All of them, in order, names in lower case. */
  readonly fields: readonly HeaderField[];
  readonly body: "none" | "length" | "chunked";
  /** Bytes of the body; 0 for none, -1 for chunked. */
  readonly length: number;
  /** The client wants to go on using the connection. */
  readonly keepAlive: boolean;
  /** The client waits for 100 (Continue). */
  readonly expectsContinue: boolean;
  /** `Sec-WebSocket-Key` of a valid WebSocket handshake; null for any other request. */
  readonly webSocketKey: string | null;
}

/** Why a request is refused before it is looked at: always a status and a word for metrics. */
export interface Refusal {
  readonly status: 400 | 405 | 408 | 413 | 414 | 417 | 431 | 501 | 505;
  readonly code: string;
}

export interface RequestLine {
  readonly method: string;
  readonly target: string;
  readonly minor: number;
}

const MAX_METHOD = 32;
/** Method, two spaces, version. */
const LINE_EXTRA = MAX_METHOD + 10;

/** More than anybody uploads in one request; a declared length beyond it is an attack or an error. */
const MAX_BODY = 2 ** 36;

/** A parser for the requests of one connection. */
export function requestParser(limits: EngineLimits = ENGINE_LIMITS): HeadParser<RequestLine> {
  const { targetBytes, headBytes, headFields } = limits;
  return new HeadParser({
    limits: { startLine: targetBytes + LINE_EXTRA, bytes: headBytes, fields: headFields },
    start: requestLine,
    leadingEmptyLines: true,
  });
}

/** Status and word for a head that could not be read. */
export function refusalOf(problem: HeadProblem): Refusal {
  switch (problem) {
    case "start-line-too-long":
      return { status: 414, code: problem };
    case "head-too-large":
    case "too-many-fields":
      return { status: 431, code: problem };
    case "version":
      return { status: 505, code: problem };
    case "start-line":
    case "line-end":
    case "control-byte":
    case "field":
      return { status: 400, code: problem };
    default:
      return problem satisfies never;
  }
}

/** What a whole head means, or why it is refused. */
export function readRequest(
  line: RequestLine,
  fields: readonly HeaderField[],
  { targetBytes }: EngineLimits = ENGINE_LIMITS,
): RequestHead | Refusal {
  const { method, minor } = line;
  // A method in lower case is no method of HTTP, but some origins would take it for one.
  if (method !== method.toUpperCase()) return { status: 501, code: "method" };
  if (method === "CONNECT") return { status: 405, code: "method-refused" };
  let host: string | null = null;
  let length: number | null = null;
  let chunked = false;
  let keep = false;
  let close = false;
  let upgrades = false;
  let upgrade: string | null = null;
  let expect = false;
  for (const [name, value] of fields) {
    switch (name) {
      case "host":
        if (host !== null) return bad("two-hosts");
        host = value;
        break;
      case "content-length": {
        if (length !== null) return bad("two-lengths");
        length = decimal(value);
        if (length === null) return bad("length");
        if (length >= MAX_BODY) return { status: 413, code: "body-too-large" };
        break;
      }
      case "transfer-encoding":
        if (chunked) return bad("two-codings");
        if (value.toLowerCase() !== "chunked") return bad("coding");
        chunked = true;
        break;
      case "connection": {
        for (const option of value.toLowerCase().split(",")) {
          const word = withoutOws(option);
          if (word === "close") close = true;
          else if (word === "keep-alive") keep = true;
          else if (word === "upgrade") upgrades = true;
        }
        break;
      }
      case "upgrade":
        upgrade = upgrade === null ? value : `${upgrade},${value}`;
        break;
      case "expect":
        // RFC 9110 §10.1.1: an expectation of an HTTP/1.0 client must be ignored.
        if (minor === 0) break;
        if (expect || value.toLowerCase() !== "100-continue") return { status: 417, code: "expectation" };
        expect = true;
        break;
    }
  }
  if (host === null || host === "") return bad("no-host");
  if (chunked && length !== null) return bad("length-and-coding");
  if (chunked && minor === 0) return bad("coding-in-1.0");
  const target = targetOf(line, host);
  if (target === null) return bad("target");
  if (target.length > targetBytes) return { status: 414, code: "start-line-too-long" };
  const body = chunked ? "chunked" : length === null || length === 0 ? "none" : "length";
  return {
    method,
    target,
    host,
    minor,
    fields,
    body,
    length: chunked ? -1 : (length ?? 0),
    // `close` wins over any number of `keep-alive` (RFC 9112 §9.3).
    keepAlive: !close && (minor === 1 || keep),
    expectsContinue: expect && body !== "none",
    webSocketKey: upgrades && body === "none" ? handshakeKey(line, upgrade, fields) : null,
  };
}

/** The request as the rules of every runtime know it. */
export function asEdgeRequest(
  { method, target, host, fields: headers }: RequestHead,
  { address: peerAddress, scheme }: { readonly address: string | null; readonly scheme: "http" | "https" },
): EdgeRequestHead {
  return { method, target, host, headers, peerAddress, scheme, runtimeLocation: null };
}

/** `method SP target SP HTTP/1.x`: one space each, nothing before and nothing after (RFC 9112 §3). */
export function requestLine(line: string): RequestLine | HeadProblem {
  let at = 0;
  while (TOKEN[line.charCodeAt(at)] === 1) at += 1;
  if (at === 0 || at > MAX_METHOD || line.charCodeAt(at) !== 32) return "start-line";
  const end = line.length - 9;
  if (end <= at + 1 || !line.startsWith(" HTTP/", end)) return "start-line";
  const target = line.slice(at + 1, end);
  if (!consistsOf(target, TARGET_BYTE)) return "start-line";
  const version = line.slice(end + 6);
  if (version === "1.1") return { method: line.slice(0, at), target, minor: 1 };
  if (version === "1.0") return { method: line.slice(0, at), target, minor: 0 };
  return isDigit(version, 0) && version.charCodeAt(1) === 46 && isDigit(version, 2) ? "version" : "start-line";
}

/** Origin-form; absolute-form only for the very authority of Host; `*` for OPTIONS (RFC 9112 §3.2). */
function targetOf({ method, target }: RequestLine, host: string): string | null {
  if (target.charCodeAt(0) === 47) return target;
  if (target === "*") return method === "OPTIONS" ? target : null;
  const scheme = /^https?:\/\//i.exec(target)?.[0];
  if (scheme === undefined) return null;
  let end = scheme.length;
  while (end < target.length && !"/?#".includes(target[end] ?? "")) end += 1;
  // Two names for one request are two chances to disagree about it.
  if (target.slice(scheme.length, end).toLowerCase() !== host.toLowerCase()) return null;
  const rest = target.slice(end);
  if (rest === "") return method === "OPTIONS" ? "*" : "/";
  return rest.startsWith("/") ? rest : `/${rest}`;
}

/** Only a handshake that RFC 6455 §4.2.1 calls valid: anything else is an ordinary request without an upgrade. */
function handshakeKey(line: RequestLine, upgrade: string | null, fields: readonly HeaderField[]): string | null {
  if (line.method !== "GET" || line.minor !== 1 || upgrade?.toLowerCase() !== "websocket") return null;
  const keys = fields.filter(([name]) => name === "sec-websocket-key");
  const versions = fields.filter(([name]) => name === "sec-websocket-version");
  const key = keys[0]?.[1] ?? "";
  if (keys.length !== 1 || versions.length !== 1 || versions[0]?.[1] !== "13") return null;
  // 16 bytes in base64, spelled as base64 spells them.
  return key.length === 24 && Buffer.from(key, "base64").toString("base64") === key ? key : null;
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57;
}

function bad(code: string): Refusal {
  return { status: 400, code };
}
