import { expect, test } from "vitest";
import { classifyAddress } from "../../../src/core/address/classify.ts";
import { parseLiteral } from "../../../src/core/address/ip.ts";
import type { AddressClass } from "../../../src/core/decision.ts";

const CASES: readonly (readonly [AddressClass, string])[] = [
  ["public", "1.1.1.1 9.255.255.255 11.0.0.0 172.15.255.255 172.32.0.0 192.167.255.255 100.63.255.255 100.128.0.0"],
  ["public", "126.255.255.255 128.0.0.0 169.253.255.255 169.255.0.0 192.0.1.0 192.0.3.0 198.17.255.255 198.20.0.0"],
  ["public", "223.255.255.255 192.88.98.255 192.88.100.0 2000:: 2001:200:: 2001:db9:: 2606:4700::1 3fff:1000:: 3ffe::"],
  ["private", "10.0.0.0 10.255.255.255 172.16.0.0 172.31.255.255 192.168.0.0 192.168.255.255"],
  ["cgnat", "100.64.0.0 100.127.255.255"],
  ["loopback", "127.0.0.1 127.255.255.255 ::1"],
  ["link-local", "169.254.0.0 169.254.169.254 fe80::1 febf:ffff::"],
  ["unspecified", "0.0.0.0 ::"],
  ["this-network", "0.0.0.1 0.255.255.255"],
  ["ietf-protocol", "192.0.0.0 192.0.0.8 192.0.0.255 2001::1 2001:1ff::"],
  ["documentation", "192.0.2.1 198.51.100.255 203.0.113.0 2001:db8:: 2001:db8:ffff:: 3fff:0fff::"],
  ["deprecated-6to4-relay", "192.88.99.1"],
  ["benchmark", "198.18.0.0 198.19.255.255 2001:2::1"],
  ["multicast", "224.0.0.0 239.255.255.255 ff02::1"],
  ["reserved", "240.0.0.0 255.255.255.254 fec0::1 ::2 ::192.0.2.1 64:ff9b:1::1 100:0:0:1:: 4000:: 5f00::1"],
  ["broadcast", "255.255.255.255"],
  ["unique-local", "fc00:: fdff:ffff::1"],
  ["discard", "100:: 100::ffff:ffff:ffff:ffff"],
  ["private", "::ffff:10.0.0.1 64:ff9b::10.0.0.1 2002:0a00:0001::1"],
  ["loopback", "::ffff:7f00:1"],
  ["public", "64:ff9b::1.1.1.1 2002:101:101::"],
];

test("classifyAddress() names the special-purpose blocks at their edges", () => {
  for (const [name, addresses] of CASES) {
    for (const text of addresses.split(" ")) {
      const address = parseLiteral(text);
      expect(address, text).not.toBeNull();
      expect(classifyAddress(address), text).toBe(name);
    }
  }
});

test("classifyAddress() calls no address none", () => {
  expect(classifyAddress(null)).toBe("none");
});
