/** The slow parser over a whole connection: one pass over the whole input, in the words of the grammar. */
import { referenceChunked, referenceHead } from "../reference-parser.ts";
import type { Message, Reading } from "./reading.ts";

type Fields = readonly (readonly [string, string])[];

const MAX_REQUEST_CHUNK = 2 ** 30;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Requests of one connection. */
export function slowRequests(input: string): Reading {
  const messages: Message[] = [];
  const end = (kind: Reading["end"]): Reading => ({ messages, end: kind, why: kind === "refused" ? "slow" : "" });
  let text = input;
  for (;;) {
    const head = referenceHead(text);
    if (head.kind !== "head") return end(head.kind);
    const { method, target, minor, fields } = head;
    let body = { data: head.rest.slice(0, head.length), rest: head.rest.slice(head.length) };
    if (head.chunked) {
      const decoded = referenceChunked(head.rest, MAX_REQUEST_CHUNK);
      if (decoded.kind !== "body") return end(decoded.kind);
      body = decoded;
    } else if (head.rest.length < head.length) return end("more");
    const keepAlive = keeps(fields, minor);
    messages.push({ start: `${method} ${target} HTTP/1.${minor}`, fields, body: body.data, keepAlive });
    if (method === "GET" && minor === 1 && head.length === 0 && !head.chunked && handshake(fields))
      return end("tunnel");
    if (!keepAlive) return end("closed");
    text = body.rest;
  }
}

/** Answers to `method`, up to the final one. */
export function slowAnswers(input: string, method: string, ended: boolean): Reading {
  const messages: Message[] = [];
  const end = (kind: Reading["end"]): Reading => ({ messages, end: kind, why: kind === "refused" ? "slow" : "" });
  let text = input;
  for (let interim = 0; ; interim += 1) {
    const head = answerHead(text);
    if (head === "more") return end(ended ? "refused" : "more");
    if (head === "refused") return end("refused");
    const { status, minor, fields } = head;
    const lengths = all(fields, "content-length");
    const codings = all(fields, "transfer-encoding");
    const [length = -1, second = length] = lengths.map(Number);
    const framed =
      lengths.every((one) => /^[0-9]{1,32}$/.test(one) && BigInt(one) < 2n ** 53n) &&
      lengths.every((one) => Number(one) === length) &&
      (codings.length === 0 || (codings.length === 1 && codings[0]?.toLowerCase() === "chunked" && minor === 1)) &&
      (codings.length === 0 || lengths.length === 0);
    if (!framed || second !== length || status === 101) return end("refused");
    if (status < 200) {
      if (interim === 16) return end("refused");
      messages.push({ start: String(status), fields, body: "", keepAlive: true });
      text = head.rest;
      continue;
    }
    const last = (body: string, rest: string, untilClose = false): Reading => {
      const keepAlive = !untilClose && lengths.length < 2 && rest === "" && keeps(fields, minor);
      messages.push({ start: String(status), fields, body, keepAlive });
      return end(keepAlive ? "more" : "closed");
    };
    if (method === "HEAD" || status === 204 || status === 304) return last("", head.rest);
    if (codings.length === 1) {
      const body = referenceChunked(head.rest, 2 ** 48);
      if (body.kind === "body") return last(body.data, body.rest);
      return end(body.kind === "more" && !ended ? "more" : "refused");
    }
    if (length === -1) return ended ? last(head.rest, "", true) : end("more");
    if (head.rest.length < length) return end(ended ? "refused" : "more");
    return last(head.rest.slice(0, length), head.rest.slice(length));
  }
}

interface AnswerHead {
  readonly status: number;
  readonly minor: number;
  readonly fields: Fields;
  readonly rest: string;
}

function answerHead(text: string): AnswerHead | "more" | "refused" {
  const end = text.indexOf("\r\n\r\n");
  const lines = (end === -1 ? text : text.slice(0, end + 4)).split("\r\n");
  const whole = lines.slice(0, end === -1 ? -1 : -2);
  const open = end === -1 ? (lines.at(-1) ?? "").replace(/\r$/, "") : "";
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if ([...whole, open].some((line) => /[\0-\x08\x0a-\x1f\x7f]/.test(line))) return "refused";
  const [line, ...rest] = whole;
  if (line === undefined) return "more";
  const match = /^HTTP\/1\.([01]) ([1-9][0-9]{2})( .*)?$/s.exec(line);
  if (match === null) return "refused";
  const fields = rest.map((one): [string, string] => {
    const colon = one.indexOf(":");
    return [
      one.slice(0, Math.max(colon, 0)),
      one
        .slice(colon + 1)
        .replace(/^[ \t]+/, "")
        .replace(/[ \t]+$/, ""),
    ];
  });
  if (fields.some(([name]) => !TOKEN.test(name))) return "refused";
  if (end === -1) return "more";
  const lower = fields.map(([name, value]) => [name.toLowerCase(), value] as const);
  return { status: Number(match[2]), minor: Number(match[1]), fields: lower, rest: text.slice(end + 4) };
}

function all(fields: Fields, name: string): string[] {
  return fields.filter(([field]) => field === name).map(([, value]) => value);
}

/** RFC 9112 §9.3. */
function keeps(fields: Fields, minor: number): boolean {
  const options = all(fields, "connection").flatMap((value) =>
    value
      .toLowerCase()
      .split(",")
      .map((one) => one.replaceAll(/^[ \t]+|[ \t]+$/g, "")),
  );
  return !options.includes("close") && (minor === 1 || options.includes("keep-alive"));
}

/** RFC 6455 §4.2.1. */
function handshake(fields: Fields): boolean {
  const options = all(fields, "connection").flatMap((value) =>
    value
      .toLowerCase()
      .split(",")
      .map((one) => one.replaceAll(/^[ \t]+|[ \t]+$/g, "")),
  );
  const [key = "", ...more] = all(fields, "sec-websocket-key");
  return (
    options.includes("upgrade") &&
    all(fields, "upgrade").join().toLowerCase() === "websocket" &&
    all(fields, "sec-websocket-version").join() === "13" &&
    more.length === 0 &&
    /^[A-Za-z0-9+/]{21}[AQgw]==$/.test(key)
  );
}
