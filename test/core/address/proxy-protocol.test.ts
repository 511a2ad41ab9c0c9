import { assert, property, uint8Array } from "fast-check";
import { describe, expect, test } from "vitest";
import { type ProxyHeader, parseProxyHeader } from "../../../src/core/address/proxy-protocol.ts";

const SIGNATURE = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
const text = (line: string): Uint8Array => new TextEncoder().encode(line);
const v2 = (command: number, family: number, body: readonly number[], length = body.length): Uint8Array =>
  Uint8Array.from([...SIGNATURE, command, family, length >> 8, length & 255, ...body]);

const V4 = [203, 0, 113, 9, 192, 0, 2, 1, 0x12, 0x34, 0x01, 0xbb];
const V6 = [
  ...hex("20010db8000000000000000000000009"),
  ...hex("20010db8000000000000000000000001"),
  0x12,
  0x34,
  1,
  0xbb,
];
const MAPPED = [...hex("00000000000000000000ffffcb007109"), ...hex("00000000000000000000ffffc0000201"), 0, 1, 0, 2];

function hex(digits: string): number[] {
  return Array.from({ length: digits.length / 2 }, (_, index) =>
    Number.parseInt(digits.slice(2 * index, 2 * index + 2), 16),
  );
}

function summary(header: ProxyHeader): string {
  switch (header.kind) {
    case "need-more":
      return "need-more";
    case "none":
    case "invalid":
      return header.kind;
    case "local":
      return `local ${header.consumed}`;
    case "proxy":
      return `${header.source.address.text} ${header.source.port} ${header.destination.address.text} ${header.destination.port} ${header.consumed}`;
    default:
      return header satisfies never;
  }
}

const CASES: readonly (readonly [string, Uint8Array, string])[] = [
  ["nothing", text(""), "need-more"],
  ["a part of version 1", text("PRO"), "need-more"],
  ["version 1 without an end", text("PROXY TCP4 203.0.113.9 192.0.2.1 4660 443\r"), "need-more"],
  ["version 1, IPv4", text("PROXY TCP4 203.0.113.9 192.0.2.1 4660 443\r\nGET /"), "203.0.113.9 4660 192.0.2.1 443 43"],
  ["version 1, IPv6", text("PROXY TCP6 2001:db8::9 2001:db8::1 0 65535\r\n"), "2001:db8::9 0 2001:db8::1 65535 44"],
  ["version 1, unknown", text("PROXY UNKNOWN\r\n"), "local 15"],
  ["version 1, unknown with fields", text("PROXY UNKNOWN ffff:f::1 x 1 2\r\nA"), "local 31"],
  ["version 1 with LF only", text("PROXY TCP4 203.0.113.9 192.0.2.1 1 2\n"), "invalid"],
  ["version 1 of the wrong family", text("PROXY TCP4 2001:db8::9 2001:db8::1 1 2\r\n"), "invalid"],
  ["version 1 with an octal part", text("PROXY TCP4 203.0.113.011 192.0.2.1 1 2\r\n"), "invalid"],
  ["version 1 with a large port", text("PROXY TCP4 203.0.113.9 192.0.2.1 65536 2\r\n"), "invalid"],
  ["version 1 with a padded port", text("PROXY TCP4 203.0.113.9 192.0.2.1 01 2\r\n"), "invalid"],
  ["version 1 with two blanks", text("PROXY TCP4  203.0.113.9 192.0.2.1 1 2\r\n"), "invalid"],
  ["version 1 with too few fields", text("PROXY TCP4 203.0.113.9 192.0.2.1 1\r\n"), "invalid"],
  ["version 1 for UDP", text("PROXY UDP4 203.0.113.9 192.0.2.1 1 2\r\n"), "invalid"],
  ["version 1 that is too long", text(`PROXY UNKNOWN ${"x".repeat(107)}\r\n`), "invalid"],
  ["a request", text("GET / HTTP/1.1\r\n"), "none"],
  ["a request like version 1", text("PROPFIND / HTTP/1.1\r\n"), "none"],
  ["TLS", Uint8Array.from([0x16, 3, 1]), "none"],
  ["empty lines", text("\r\n\r\nGET"), "none"],
  ["a part of version 2", Uint8Array.from(SIGNATURE.slice(0, 5)), "need-more"],
  ["version 2 without a length", Uint8Array.from([...SIGNATURE, 0x21, 0x11, 0]), "need-more"],
  ["version 2 without its body", v2(0x21, 0x11, V4.slice(0, 11), 12), "need-more"],
  ["version 2, IPv4", v2(0x21, 0x11, V4), "203.0.113.9 4660 192.0.2.1 443 28"],
  ["version 2, IPv4 with more fields", v2(0x21, 0x11, [...V4, 3, 0, 1, 9]), "203.0.113.9 4660 192.0.2.1 443 32"],
  ["version 2, IPv6", v2(0x21, 0x21, V6), "2001:db8::9 4660 2001:db8::1 443 52"],
  ["version 2, mapped", v2(0x21, 0x21, MAPPED), "203.0.113.9 1 192.0.2.1 2 52"],
  ["version 2, local", v2(0x20, 0, []), "local 16"],
  ["version 2, local with addresses", v2(0x20, 0x11, V4), "local 28"],
  ["version 2, unspecified", v2(0x21, 0, [1, 2]), "local 18"],
  [
    "version 2, UNIX socket",
    v2(
      0x21,
      0x31,
      Array.from({ length: 216 }, () => 0),
    ),
    "local 232",
  ],
  ["version 2 with short addresses", v2(0x21, 0x11, V4.slice(0, 11)), "invalid"],
  ["version 2 of a third version", v2(0x31, 0x11, V4), "invalid"],
  ["version 2 with a third command", v2(0x22, 0x11, V4), "invalid"],
  ["version 2 of a fifth family", v2(0x21, 0x41, V4), "invalid"],
];

describe("parseProxyHeader() reads", () => {
  test.each(CASES)("%s", (_name, bytes, expected) => {
    expect(summary(parseProxyHeader(bytes))).toBe(expected);
  });
});

test("parseProxyHeader() needs more of every beginning of a header", () => {
  for (const [, bytes, expected] of CASES) {
    if (!/^\d|^local|^2001/.test(expected)) continue;
    const consumed = Number(expected.split(" ").at(-1));
    for (let length = 0; length < consumed; length += 1) {
      expect(parseProxyHeader(bytes.subarray(0, length)).kind).toBe("need-more");
    }
  }
});

test("parseProxyHeader() answers whatever the bytes are", () => {
  assert(
    property(uint8Array({ maxLength: 80 }), (bytes) => {
      expect(parseProxyHeader(Uint8Array.from([...SIGNATURE, ...bytes])).kind).not.toBe("none");
      expect(parseProxyHeader(Uint8Array.from([...text("PROXY "), ...bytes])).kind).not.toBe("none");
    }),
    { seed: 3 },
  );
});
