import * as fc from "fast-check";
import { expect, it } from "vitest";
import { originAddressProblem } from "../../../src/core/address/origin-address.ts";
import { isEverydayPodAddress } from "../../../src/core/compile/pod-address.ts";

const octet = fc.oneof(
  fc.integer({ min: 0, max: 256 }),
  fc.constantFrom(0, 10, 100, 127, 168, 169, 172, 192, 203, 224),
);
const dotted = fc.tuple(octet, octet, octet, octet).map((octets) => octets.join("."));
const text = fc.oneof(dotted, dotted, fc.stringMatching(/^[0-9a-fx.:]{0,20}$/));
const judged = (address: string) => originAddressProblem(address, { allowedCidrs: [], allowPrivateOrigins: true });

it("isEverydayPodAddress() says yes only where the whole judgement allows private addresses", () => {
  fc.assert(
    fc.property(text, (address) => {
      if (isEverydayPodAddress(address)) expect(judged(address)).toBeNull();
    }),
    { numRuns: 200_000 },
  );
});

it("isEverydayPodAddress() says no to no network that it need not", () => {
  const missed = [];
  for (let first = 0; first < 256; first += 1) {
    for (let second = 0; second < 256; second += 1) {
      const address = `${first}.${second}.77.5`;
      if (judged(address) === null && !isEverydayPodAddress(address)) missed.push(address);
    }
  }
  // What lies beside something special is looked at closer.
  expect(missed.length).toBeLessThan(2_000);
});

it.each(["10.0.0.1", "172.16.0.9", "192.168.1.1", "34.1.2.3"])("isEverydayPodAddress(%s)", (address) => {
  expect(isEverydayPodAddress(address)).toBe(true);
});

it.each([
  "127.0.0.1",
  "169.254.169.254",
  "100.100.100.200",
  "010.0.0.1",
  "10.0.0",
  "10.0.0.1 ",
  "0.0.0.0",
  "1.2.3.4.5",
])("isEverydayPodAddress(%s) is no", (address) => {
  expect(isEverydayPodAddress(address)).toBe(false);
});
