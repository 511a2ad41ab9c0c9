import { describe, expect, test } from "vitest";
import { parseCidrs } from "../../../src/core/address/cidr.ts";
import { connectAddressProblem, originAddressProblem } from "../../../src/core/address/origin-address.ts";

const none = { allowedCidrs: [], allowPrivateOrigins: false };
const declared = {
  allowedCidrs: parseCidrs(["10.0.0.0/8", "fd00::/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"]).cidrs,
  allowPrivateOrigins: false,
};
const development = { allowedCidrs: [], allowPrivateOrigins: true };

const CASES: readonly (readonly [address: string, none: boolean, declared: boolean, development: boolean])[] = [
  ["203.0.113.10", true, true, true],
  ["1.1.1.1", true, true, true],
  ["2606:4700::1111", true, true, true],
  ["::ffff:1.1.1.1", true, true, true],
  ["64:ff9b::1.1.1.1", true, true, true],
  ["10.1.2.3", false, true, true],
  ["::ffff:10.1.2.3", false, true, true],
  ["64:ff9b::10.1.2.3", false, false, false],
  ["2002:0a01:0203::1", false, false, false],
  ["192.168.1.1", false, false, true],
  ["100.64.0.1", false, true, true],
  ["fd12::1", false, true, true],
  ["198.18.0.1", false, false, true],
  ["127.0.0.1", false, false, true],
  ["127.9.9.9", false, false, true],
  ["::1", false, false, true],
  ["::ffff:127.0.0.1", false, false, true],
  ["2002:7f00:0001::", false, false, false],
  ["64:ff9b::7f00:1", false, false, false],
  ["169.254.169.254", false, false, false],
  ["::ffff:169.254.169.254", false, false, false],
  ["::ffff:a9fe:a9fe", false, false, false],
  ["64:ff9b::a9fe:a9fe", false, false, false],
  ["2002:a9fe:a9fe::1", false, false, false],
  ["169.254.1.1", false, false, false],
  ["fe80::1", false, false, false],
  ["fd00:ec2::254", false, false, false],
  ["fd00:0ec2:0:0:0:0:0:0254", false, false, false],
  ["100.100.100.200", false, false, false],
  ["168.63.129.16", false, false, false],
  ["0.0.0.0", false, false, false],
  ["::", false, false, false],
  ["0.1.2.3", false, false, false],
  ["255.255.255.255", false, false, false],
  ["224.0.0.1", false, false, false],
  ["ff02::1", false, false, false],
  ["240.0.0.1", false, false, false],
  ["192.0.0.1", false, false, false],
  ["192.88.99.1", false, false, false],
  ["100::1", false, false, false],
  ["fec0::1", false, false, false],
  ["::127.0.0.1", false, false, false],
  ["64:ff9b:1::a9fe:a9fe", false, false, false],
  ["0177.0.0.1", false, false, false],
  ["2130706433", false, false, false],
  ["0x7f000001", false, false, false],
  ["127.1", false, false, false],
  ["1.1.1.1%eth0", false, false, false],
  ["fe80::1%eth0", false, false, false],
  ["1.1.1.1:80", false, false, false],
  ["[2606:4700::1111]", false, false, false],
  [" 1.1.1.1", false, false, false],
  ["1.1.1.1/32", false, false, false],
  ["", false, false, false],
  ["example.org", false, false, false],
];

describe("originAddressProblem() judges", () => {
  test.each(CASES)("%j", (address, bare, inDeclared, inDevelopment) => {
    expect(originAddressProblem(address, none) === null, "nothing allowed").toBe(bare);
    expect(originAddressProblem(address, declared) === null, "declared CIDRs").toBe(inDeclared);
    expect(originAddressProblem(address, development) === null, "allowPrivateOrigins").toBe(inDevelopment);
  });
});

test("originAddressProblem() says what it saw inside IPv6", () => {
  expect(originAddressProblem("::ffff:a9fe:a9fe", none)).toBe(
    "is the address of a cloud metadata service (169.254.169.254 inside IPv6)",
  );
  expect(originAddressProblem("10.1.2.3", none)).toBe("is a private address outside the cluster's originCIDRs");
});

test("connectAddressProblem() allows what the cluster's ranges allowed, and metadata services never", () => {
  const origin = { allowedCidrs: ["10.0.0.0/8", "198.18.0.0/15", "169.254.0.0/16"] };
  const judged = ["10.1.2.3", "198.18.0.9", "192.168.0.1", "169.254.169.254", "127.0.0.1", "203.0.113.7"];
  expect(judged.map((address) => connectAddressProblem(address, origin, false) === null)).toEqual([
    true,
    true,
    false,
    false,
    false,
    true,
  ]);
});
