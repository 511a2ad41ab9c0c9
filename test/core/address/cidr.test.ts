import { describe, expect, test } from "vitest";
import { cidrContains, cidrTable, parseCidr, parseCidrs } from "../../../src/core/address/cidr.ts";
import { parseLiteral } from "../../../src/core/address/ip.ts";

describe("parseCidr() reads", () => {
  test.each([
    ["192.0.2.0/24", "192.0.2.0/24"],
    ["192.0.2.77/24", "192.0.2.0/24"],
    ["192.0.2.1", "192.0.2.1/32"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["255.255.255.255/1", "128.0.0.0/1"],
    ["2001:db8::/32", "2001:db8::/32"],
    ["2001:db8:ffff::/33", "2001:db8:8000::/33"],
    ["2001:db8::1", "2001:db8::1/128"],
    ["::/0", "::/0"],
    ["::ffff:192.0.2.0/120", "192.0.2.0/24"],
    ["2002::/16", "2002::/16"],
  ])("%s", (text, canonical) => {
    expect(parseCidr(text)?.text).toBe(canonical);
  });
});

describe("parseCidr() refuses", () => {
  test.each([
    "",
    "/8",
    "192.0.2.0/",
    "192.0.2.0/33",
    "192.0.2.0/08",
    "192.0.2.0/+8",
    "192.0.2.0/24/24",
    "10/8",
    "::/129",
    "192.0.2.0/255.255.255.0",
    " 192.0.2.0/24",
    "[::]/0",
  ])("%j", (text) => {
    expect(parseCidr(text)).toBeNull();
  });
});

test("parseCidrs() keeps the good ones and names the bad ones", () => {
  const { cidrs, malformed } = parseCidrs(["192.0.2.0/24", "nonsense", "::/0"]);
  expect(cidrs.map((cidr) => cidr.text)).toEqual(["192.0.2.0/24", "::/0"]);
  expect(malformed).toEqual(["nonsense"]);
});

describe("cidrContains() answers", () => {
  test.each([
    ["192.0.2.0/24", "192.0.2.255", true],
    ["192.0.2.0/24", "192.0.3.0", false],
    ["0.0.0.0/0", "255.255.255.255", true],
    ["128.0.0.0/1", "127.255.255.255", false],
    ["10.0.0.0/8", "::ffff:10.1.2.3", true],
    ["::/0", "192.0.2.1", false],
    ["::/0", "::ffff:192.0.2.1", false],
    ["0.0.0.0/0", "2001:db8::1", false],
    ["2001:db8::/47", "2001:db8:1:ffff::", true],
    ["2001:db8::/47", "2001:db8:2::", false],
    ["2001:db8::1/128", "2001:db8::1", true],
    ["2001:db8::1/128", "2001:db8::2", false],
  ])("%s holds %s: %s", (block, text, expected) => {
    const cidr = parseCidr(block);
    const address = parseLiteral(text);
    expect(cidr !== null && address !== null && cidrContains(cidr, address)).toBe(expected);
  });
});

test("cidrTable() finds the longest block", () => {
  const blocks = ["0.0.0.0/0", "192.0.2.0/24", "192.0.2.128/25", "192.0.2.200/32", "2001:db8::/32", "2001:db8:1::/48"];
  const table = cidrTable(parseCidrs([...blocks, "192.0.2.1/24"]).cidrs.map((cidr, index) => [cidr, index] as const));
  const cases: readonly (readonly [string, string | null])[] = [
    ["198.51.100.1", "0.0.0.0/0"],
    ["192.0.2.1", "192.0.2.0/24"],
    ["192.0.2.129", "192.0.2.128/25"],
    ["192.0.2.200", "192.0.2.200/32"],
    ["2001:db8:1::1", "2001:db8:1::/48"],
    ["2001:db8:2::1", "2001:db8::/32"],
    ["2001:db9::1", null],
  ];
  for (const [text, expected] of cases) {
    const address = parseLiteral(text);
    expect(address === null ? null : (table.longest(address)?.cidr.text ?? null), text).toBe(expected);
  }
  const first = parseLiteral("192.0.2.1");
  expect(first === null ? null : table.longest(first)?.value).toBe(1);
});
