import { describe, expect, test } from "vitest";
import { parseCidrs } from "../../../src/core/address/cidr.ts";
import { clientAddress, type ProxyTrust } from "../../../src/core/address/client-address.ts";

const { cidrs } = parseCidrs(["10.0.0.0/8", "2001:db8:aaaa::/48"]);
const nobody: ProxyTrust = { cidrs: [], hops: 0, header: "x-forwarded-for" };
const byCidr: ProxyTrust = { cidrs, hops: 0, header: "x-forwarded-for" };
const forwarded: ProxyTrust = { cidrs, hops: 0, header: "forwarded" };
const oneHop: ProxyTrust = { cidrs: [], hops: 1, header: "x-forwarded-for" };
const twoHops: ProxyTrust = { cidrs: [], hops: 2, header: "x-forwarded-for" };

type Row = readonly [string, ProxyTrust, string | null, readonly string[], string | null, string];
const CASES: readonly Row[] = [
  ["trusts nobody", nobody, "198.51.100.7", ["203.0.113.9"], "198.51.100.7", "peer"],
  ["ignores the headers of an untrusted peer", byCidr, "198.51.100.7", ["203.0.113.9"], "198.51.100.7", "peer"],
  ["takes the peer without a header", byCidr, "10.0.0.1", [], "10.0.0.1", "peer"],
  ["takes the peer of an empty header", byCidr, "10.0.0.1", [" , ,"], "10.0.0.1", "peer"],
  ["takes the first untrusted", byCidr, "10.0.0.1", ["203.0.113.9"], "203.0.113.9", "untrusted"],
  ["walks from the right", byCidr, "10.0.0.1", ["1.2.3.4, 203.0.113.9, 10.9.9.9"], "203.0.113.9", "untrusted"],
  ["joins repeated lines", byCidr, "10.0.0.1", ["1.2.3.4", "203.0.113.9", "10.9.9.9"], "203.0.113.9", "untrusted"],
  ["takes the leftmost when all are trusted", byCidr, "10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3", "leftmost"],
  ["reads ports and IPv6", byCidr, "10.0.0.1", ["203.0.113.9:4711"], "203.0.113.9", "untrusted"],
  ["reads brackets", byCidr, "2001:db8:aaaa::1", ["[2001:db8:bbbb::2]:1"], "2001:db8:bbbb::2", "untrusted"],
  ["unwraps a mapped peer", byCidr, "::ffff:10.0.0.1", ["203.0.113.9"], "203.0.113.9", "untrusted"],
  ["stops before garbage", byCidr, "10.0.0.1", ["1.2.3.4, garbage, 10.0.0.2"], "10.0.0.2", "malformed"],
  ["stops before garbage at the peer", byCidr, "10.0.0.1", ["1.2.3.4, 1.2.3"], "10.0.0.1", "malformed"],
  ["stops before unknown", byCidr, "10.0.0.1", ["1.2.3.4, unknown"], "10.0.0.1", "hidden"],
  ["ignores garbage left of the client", byCidr, "10.0.0.1", ["garbage, 203.0.113.9"], "203.0.113.9", "untrusted"],
  ["skips empty elements", byCidr, "10.0.0.1", ["203.0.113.9,, ,10.0.0.2,"], "203.0.113.9", "untrusted"],
  ["does not trust 6to4 of a proxy", byCidr, "2002:a00:1::1", ["203.0.113.9"], "10.0.0.1", "peer"],
  ["does not trust NAT64 of a proxy", byCidr, "10.0.0.1", ["1.1.1.1, 64:ff9b::a00:1"], "10.0.0.1", "untrusted"],
  ["knows no address of a hidden peer", byCidr, null, ["203.0.113.9"], null, "peer"],
  ["counts one hop", oneHop, "198.51.100.7", ["1.2.3.4, 203.0.113.9"], "203.0.113.9", "untrusted"],
  ["counts a hidden peer as a hop", oneHop, null, ["203.0.113.9"], "203.0.113.9", "untrusted"],
  ["counts two hops", twoHops, "198.51.100.7", ["1.2.3.4, 203.0.113.9, 5.6.7.8"], "203.0.113.9", "untrusted"],
  ["has fewer entries than hops", twoHops, "198.51.100.7", ["203.0.113.9"], "203.0.113.9", "leftmost"],
  ["stops counting at garbage", twoHops, "198.51.100.7", ["1.2.3.4, _x"], "198.51.100.7", "hidden"],
  ["reads Forwarded", forwarded, "10.0.0.1", ["for=203.0.113.9;proto=https;by=10.0.0.1"], "203.0.113.9", "untrusted"],
  [
    "reads Forwarded from the right",
    forwarded,
    "10.0.0.1",
    ["for=1.2.3.4, For=203.0.113.9"],
    "203.0.113.9",
    "untrusted",
  ],
  ["reads a quoted node", forwarded, "10.0.0.1", ['for="[2001:db8:bbbb::2]:80"'], "2001:db8:bbbb::2", "untrusted"],
  ["reads a quoted comma", forwarded, "10.0.0.1", ['for=203.0.113.9;host="a,b;\\"c"'], "203.0.113.9", "untrusted"],
  [
    "keeps to the proxy's element",
    forwarded,
    "10.0.0.1",
    ['for="1.2.3.4, for=203.0.113.9'],
    "203.0.113.9",
    "untrusted",
  ],
  ["joins lines after a bad quote", forwarded, "10.0.0.1", ['for="', 'for="203.0.113.9"'], "203.0.113.9", "untrusted"],
  ["stops before an obfuscated node", forwarded, "10.0.0.1", ["for=1.2.3.4, for=_hidden"], "10.0.0.1", "hidden"],
  ["stops before an unknown node", forwarded, "10.0.0.1", ["for=Unknown"], "10.0.0.1", "hidden"],
  ["stops before an element without for", forwarded, "10.0.0.1", ["for=1.2.3.4, proto=https"], "10.0.0.1", "malformed"],
  ["stops before for given twice", forwarded, "10.0.0.1", ["for=1.2.3.4;for=1.2.3.5"], "10.0.0.1", "malformed"],
  ["stops before an unquoted text", forwarded, "10.0.0.1", ["203.0.113.9"], "10.0.0.1", "malformed"],
  ["stops before an unpaired quote", forwarded, "10.0.0.1", ['for="203.0.113.9'], "10.0.0.1", "malformed"],
  ["stops before an escape", forwarded, "10.0.0.1", ['for="203.0.113.\\9"'], "10.0.0.1", "malformed"],
];

describe("clientAddress()", () => {
  test.each(CASES)("%s", (_name, trust, peer, lines, address, stoppedAt) => {
    const client = clientAddress(peer, lines, trust);
    expect([client.address?.text ?? null, client.stoppedAt]).toEqual([address, stoppedAt]);
  });
});

test("clientAddress() tells whether the peer's headers may be believed", () => {
  expect(clientAddress("10.0.0.1", [], byCidr).peerTrusted).toBe(true);
  expect(clientAddress("203.0.113.1", [], byCidr).peerTrusted).toBe(false);
});

test("clientAddress() is linear in the header", () => {
  const client = clientAddress("10.0.0.1", [`${'"\\,'.repeat(100_000)},203.0.113.9`], forwarded);
  expect(client.stoppedAt).toBe("malformed");
  expect(clientAddress("10.0.0.1", [`${"\\".repeat(200_000)}"`], byCidr).stoppedAt).toBe("malformed");
});
