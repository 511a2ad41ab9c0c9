import { assert, constantFrom, integer, ipV4, ipV6, oneof, property, tuple } from "fast-check";
import { describe, expect, test } from "vitest";
import { parseAddress, parseLiteral, parseV6 } from "../../../src/core/address/ip.ts";
import { formatV6 } from "../../../src/core/address/ip-text.ts";

describe("parseAddress() reads", () => {
  test.each([
    ["192.0.2.1", "192.0.2.1", null],
    [" 192.0.2.1\t", "192.0.2.1", null],
    ["192.0.2.1:443", "192.0.2.1", null],
    ['"192.0.2.1:443"', "192.0.2.1", null],
    ["192.0.2.1:_port", "192.0.2.1", null],
    ["2001:db8::1", "2001:db8::1", null],
    ["[2001:db8::1]", "2001:db8::1", null],
    ["[2001:db8::1]:65535", "2001:db8::1", null],
    ['"[2001:db8::1]:80"', "2001:db8::1", null],
    ["2001:0DB8:0000:0000:0000:0000:0000:0001", "2001:db8::1", null],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1", null],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1", null],
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0", null],
    ["::", "::", null],
    ["::1", "::1", null],
    ["1::", "1::", null],
    ["2001:db8::192.0.2.1", "2001:db8::c000:201", null],
    ["::ffff:192.0.2.1", "192.0.2.1", "mapped"],
    ["0:0:0:0:0:FFFF:192.0.2.1", "192.0.2.1", "mapped"],
    ["::ffff:c000:201", "192.0.2.1", "mapped"],
    ["[::ffff:192.0.2.1]:80", "192.0.2.1", "mapped"],
    ["64:ff9b::192.0.2.1", "192.0.2.1", "nat64"],
    ["64:ff9b::ffff:ffff", "255.255.255.255", "nat64"],
    ["2002:c000:0201::1", "192.0.2.1", "6to4"],
    ["2002:c000:201:ffff:ffff:ffff:ffff:ffff", "192.0.2.1", "6to4"],
    ["64:ff9b:1::192.0.2.1", "64:ff9b:1::c000:201", null],
  ])("%s", (text, canonical, wrapping) => {
    expect(parseAddress(text)).toMatchObject({ text: canonical, wrapping });
  });
});

describe("parseAddress() refuses", () => {
  test.each([
    "",
    " ",
    "garbage",
    "unknown",
    "_hidden",
    "192.0.2",
    "192.0.2.",
    ".192.0.2.1",
    "192.0.2.1.1",
    "192.0.2.256",
    "192.0.2.400",
    "192.0.2.-1",
    "192.0.02.1",
    "0177.0.0.1",
    "0x7f.0.0.1",
    "0x7f000001",
    "2130706433",
    "127.1",
    "192.0.2.1/24",
    "192.0.2.1%eth0",
    "192.0.2.1 192.0.2.2",
    "192.0.2.1:",
    "192.0.2.1:65536",
    "192.0.2.1:8o",
    "192.0.2.1:80:80",
    "[192.0.2.1]",
    '"192.0.2.1',
    '192.0.2.1"',
    '""192.0.2.1""',
    "१.2.3.4",
    "\uff11.2.3.4",
    "192.0.2.1\u0000",
    "192.0.2.1\n",
    "1:2:3",
    ":",
    ":::",
    "1:::2",
    "1::2::3",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7:8::",
    "1:2:3:4::5:6:7:8",
    ":1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:",
    "12345::",
    "g::",
    "::1.2.3",
    "::ffff:1.2.3",
    "::192.0.2.1:5",
    "192.0.2.1::",
    "::ffff:192.0.02.1",
    "1:2:3:4:5:6:7:192.0.2.1",
    "fe80::1%eth0",
    "[2001:db8::1",
    "2001:db8::1]",
    "[2001:db8::1]80",
    "[2001:db8::1]:99999",
    "[[2001:db8::1]]",
    "2001:db8::/32",
    "[]",
  ])("%j", (text) => {
    expect(parseAddress(text)).toBeNull();
  });
});

test("parseLiteral() takes nothing off", () => {
  for (const text of [" 192.0.2.1", "192.0.2.1:80", "[2001:db8::1]", '"192.0.2.1"']) {
    expect(parseLiteral(text), text).toBeNull();
  }
  expect(parseLiteral("2001:DB8::1")?.text).toBe("2001:db8::1");
});

test("formatV6() and parseV6() are inverse", () => {
  const word = oneof(integer({ min: 0, max: 0xffffffff }), constantFrom(0, 1, 0xffff, 0x10000));
  assert(
    property(tuple(word, word, word, word), (words) => {
      expect(parseV6(formatV6(words))).toEqual(words);
    }),
    { seed: 1 },
  );
});

test("parseAddress() finds its canonical text canonical", () => {
  assert(
    property(oneof(ipV4(), ipV6()), (text) => {
      const first = parseAddress(text);
      expect(first).not.toBeNull();
      expect(parseAddress(first?.text ?? "")?.words).toEqual(first?.words);
    }),
    { seed: 2 },
  );
});
