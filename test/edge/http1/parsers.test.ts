import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ChunkedDecoder } from "../../../src/edge/http1/chunked.ts";
import { readRequest, type RequestHead, refusalOf, requestParser } from "../../../src/edge/http1/request-head.ts";
import { endToEnd, readResponse, responseParser } from "../../../src/edge/http1/response-head.ts";
import { chunkedInput, cuts, requestInput } from "./inputs.ts";
import { referenceChunked, referenceHead } from "./reference-parser.ts";

type Outcome =
  | { kind: "more" }
  | { kind: "refused"; status: number; code: string }
  | { kind: "head"; head: RequestHead; rest: string };

function parse(segments: readonly string[]): Outcome {
  const parser = requestParser();
  for (const [index, segment] of segments.entries()) {
    if (!parser.feed(segment)) continue;
    if (parser.problem !== null) return { kind: "refused", ...refusalOf(parser.problem) };
    if (parser.start === null) throw new Error("whole without a start line");
    const head = readRequest(parser.start, parser.fields);
    if ("code" in head) return { kind: "refused", ...head };
    return { kind: "head", head, rest: segment.slice(parser.consumed) + segments.slice(index + 1).join("") };
  }
  return { kind: "more" };
}

/** A million take some minutes: `FUZZ_RUNS=1000000 npx vitest run --project unit test/edge/http1/parsers.test.ts`. */
const runs = Number(process.env.FUZZ_RUNS ?? 3000);

const request = (line: string, fields = "Host: a.example\r\n") => parse([`${line}\r\n${fields}\r\n`]);

describe("requestParser()", () => {
  it("agrees with the slow parser, however the bytes are cut", () => {
    let accepted = 0;
    fc.assert(
      fc.property(requestInput, cuts, (input, positions) => {
        const expected = referenceHead(input);
        const whole = parse([input]);
        expect(whole.kind).toBe(expected.kind);
        expect(parse(split(input, positions))).toEqual(whole);
        if (whole.kind !== "head" || expected.kind !== "head") return;
        accepted += 1;
        const { head, rest } = whole;
        expect({ ...head, rest }).toMatchObject({
          method: expected.method,
          target: expected.target,
          minor: expected.minor,
          fields: expected.fields,
          length: expected.chunked ? -1 : expected.length,
          rest: expected.rest,
        });
      }),
      { numRuns: runs },
    );
    expect(accepted).toBeGreaterThan(runs * 0.3);
  }, 3_600_000);

  it("finds the same problem at whichever byte a segment ends", () => {
    for (const input of [
      "GET /p\nHTTP/1.1\r\n",
      "GET  / HTTP/1.1\r\nX\0",
      "GET / HTTP/1.1\r\nX: a\r b\r\n",
      "GET / HTTP/3.0\r\n\0",
    ]) {
      const whole = parse([input]);
      expect(whole.kind).toBe("refused");
      for (let at = 1; at < input.length; at += 1) expect(parse([input.slice(0, at), input.slice(at)])).toEqual(whole);
    }
  });

  it.each([
    ["GET / HTTP/1.1", "Host: a\r\nHost: a\r\n", 400, "two-hosts"],
    ["GET / HTTP/1.1", "", 400, "no-host"],
    ["GET / HTTP/1.1", "Host:\r\n", 400, "no-host"],
    ["GET / HTTP/2.0", undefined, 505, "version"],
    ["GET / HTTP/1.10", undefined, 400, "start-line"],
    ["get / HTTP/1.1", undefined, 501, "method"],
    ["CONNECT a:443 HTTP/1.1", undefined, 405, "method-refused"],
    ["GET http://b.example/ HTTP/1.1", undefined, 400, "target"],
    ["GET * HTTP/1.1", undefined, 400, "target"],
    ["POST / HTTP/1.1", "Host: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400, "length-and-coding"],
    ["POST / HTTP/1.1", "Host: a\r\nTransfer-Encoding: gzip, chunked\r\n", 400, "coding"],
    ["POST / HTTP/1.0", "Host: a\r\nTransfer-Encoding: chunked\r\n", 400, "coding-in-1.0"],
    ["POST / HTTP/1.1", "Host: a\r\nContent-Length: 5, 5\r\n", 400, "length"],
    ["POST / HTTP/1.1", "Host: a\r\nContent-Length: 99999999999\r\n", 413, "body-too-large"],
    ["GET / HTTP/1.1", "Host: a\r\nExpect: 200-maybe\r\n", 417, "expectation"],
    [`GET /${"a".repeat(16_384)} HTTP/1.1`, undefined, 414, "start-line-too-long"],
    ["GET / HTTP/1.1", `Host: a\r\nX: ${"a".repeat(33_000)}\r\n`, 431, "head-too-large"],
    ["GET / HTTP/1.1", `Host: a\r\n${"X: y\r\n".repeat(100)}`, 431, "too-many-fields"],
  ])("refuses %.30s with %.60j", (line, fields, status, code) => {
    expect(request(line, fields)).toEqual({ kind: "refused", status, code });
  });

  it.each([
    ["GET http://A.example HTTP/1.1", "/"],
    ["GET http://a.example?q HTTP/1.1", "/?q"],
    ["OPTIONS http://a.example HTTP/1.1", "*"],
    ["OPTIONS * HTTP/1.1", "*"],
  ])("reads the target of %s as %s", (line, target) => {
    expect(request(line)).toMatchObject({ kind: "head", head: { target } });
  });

  it("takes nothing for white space but SP and HTAB", () => {
    const keeps = (options: string) => request("GET / HTTP/1.1", `Host: a\r\nConnection: ${options}\r\n`);
    expect(keeps("x, \tclose ")).toMatchObject({ head: { keepAlive: false } });
    for (const space of ["\u00a0", "\u0085"]) {
      expect(keeps(`${space}close`)).toMatchObject({ head: { keepAlive: true } });
    }
  });

  it("takes only whole and plain WebSocket handshakes for such", () => {
    const key = "dGhlIHNhbXBsZSBub25jZQ==";
    const fields = (upgrade: string, version: string, theKey: string) =>
      `Host: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: ${upgrade}\r\nSec-WebSocket-Version: ${version}\r\nSec-WebSocket-Key: ${theKey}\r\n`;
    const keyOf = (line: string, text: string) => {
      const outcome = request(line, text);
      return outcome.kind === "head" ? outcome.head.webSocketKey : outcome.kind;
    };
    expect(keyOf("GET / HTTP/1.1", fields("WebSocket", "13", key))).toBe(key);
    expect(keyOf("GET / HTTP/1.1", fields("h2c, websocket", "13", key))).toBeNull();
    expect(keyOf("GET / HTTP/1.1", fields("websocket", "8", key))).toBeNull();
    expect(keyOf("GET / HTTP/1.1", fields("websocket", "13", "short"))).toBeNull();
    expect(keyOf("GET / HTTP/1.0", fields("websocket", "13", key))).toBeNull();
    expect(keyOf("POST / HTTP/1.1", fields("websocket", "13", key))).toBeNull();
  });
});

const MAX_CHUNK = 2 ** 30;

function decode(segments: readonly string[]): { kind: string; data?: string; rest?: string } {
  const decoder = new ChunkedDecoder(MAX_CHUNK);
  const out: Buffer[] = [];
  for (const [index, segment] of segments.entries()) {
    const bytes = Buffer.from(segment, "latin1");
    const end = decoder.decode(bytes, 0, out);
    if (decoder.problem !== null) return { kind: "refused" };
    if (!decoder.done) continue;
    const rest = bytes.toString("latin1", end) + segments.slice(index + 1).join("");
    return { kind: "body", data: Buffer.concat(out).toString("latin1"), rest };
  }
  return { kind: "more" };
}

describe("ChunkedDecoder", () => {
  it("agrees with the slow decoder, however the bytes are cut", () => {
    let accepted = 0;
    fc.assert(
      fc.property(chunkedInput, cuts, (input, positions) => {
        const expected = referenceChunked(input, MAX_CHUNK);
        const whole = decode([input]);
        // The slow one waits for the end of a line that the quick one may already have refused.
        if (!(expected.kind === "more" && whole.kind === "refused")) expect(whole).toEqual(expected);
        expect(decode(split(input, positions))).toEqual(whole);
        if (whole.kind === "body") accepted += 1;
      }),
      { numRuns: runs },
    );
    expect(accepted).toBeGreaterThan(runs * 0.3);
  }, 3_600_000);

  it.each([
    "0x5\r\nhello\r\n0\r\n\r\n",
    "5 \r\nhello\r\n0\r\n\r\n",
    "\r\nhello\r\n",
    "5;\r\nhello\r\n",
    '5;a="x\r\nhello\r\n',
    "2;\nxx\r\n0\r\n\r\n",
    "5\r\nhello0\r\n\r\n",
    "5\r\nhello\r\n0\r\n\n",
    "FFFFFFFFFFFFFFFF\r\n",
    "+5\r\n",
    "5\r\nhello\r\n0\r\nX Y: 1\r\n\r\n",
  ])("refuses %j", (input) => {
    expect(decode([input]).kind).toBe("refused");
    expect(decode(input.split("")).kind).toBe("refused");
  });

  it("counts extensions over the whole body", () => {
    const chunk = `1;${"e".repeat(60)}\r\nA\r\n`;
    expect(decode([`${chunk.repeat(60)}0\r\n\r\n`])).toMatchObject({ kind: "body", data: "A".repeat(60) });
    expect(decode([`${chunk.repeat(100)}0\r\n\r\n`]).kind).toBe("refused");
  });
});

describe("responseParser()", () => {
  const response = (text: string, method = "GET") => {
    const parser = responseParser();
    if (!parser.feed(text)) return "more";
    if (parser.problem !== null || parser.start === null) return parser.problem;
    return readResponse(parser.start, parser.fields, method);
  };

  it.each([
    ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", { status: 200, body: "length", length: 5, reusable: true }],
    ["HTTP/1.1 200\r\n\r\n", { status: 200, body: "close", length: -1, reusable: false }],
    ["HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", { body: "length", reusable: false }],
    [
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nConnection: close\r\n\r\n",
      { body: "chunked", reusable: false },
    ],
    ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", { length: 5, reusable: false }],
    ["HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", { body: "none", length: 5 }],
    ["HTTP/1.1 204 No\r\nKeep-Alive: timeout=7, max=3\r\n\r\n", { body: "none", idleMs: 7000, reusable: true }],
  ])("reads %j", (text, expected) => {
    expect(response(text)).toMatchObject(expected);
  });

  it.each([
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 9\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
    "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    "HTTP/1.1 99 X\r\n\r\n",
    "HTTP/1.1 2000 X\r\n\r\n",
    "HTTP/2.0 200 OK\r\n\r\n",
    "hello\r\n\r\n",
    "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n",
    "HTTP/1.1 200 OK\nX: a\n\n",
    "\r\nHTTP/1.1 200 OK\r\n\r\n",
  ])("refuses %j", (text) => {
    expect(response(text)).toBeTypeOf("string");
    expect(response(text)).not.toBe("more");
  });

  it("keeps what is end to end, in order", () => {
    const fields = [
      ["x-a", "1"],
      ["connection", "x-b, content-type"],
      ["x-b", "2"],
      ["content-type", "t"],
      ["set-cookie", "a"],
      ["set-cookie", "b"],
    ] as const;
    expect(endToEnd(fields)).toEqual([
      ["x-a", "1"],
      ["content-type", "t"],
      ["set-cookie", "a"],
      ["set-cookie", "b"],
    ]);
  });
});

function split(text: string, positions: readonly number[]): string[] {
  const places = [...new Set(positions.map((one) => one % (text.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((from, index) => text.slice(from, places[index] ?? text.length));
}
