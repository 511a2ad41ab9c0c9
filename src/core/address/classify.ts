import type { AddressClass } from "../decision.ts";
import { type Cidr, type CidrTable, cidrTable, parseCidr } from "./cidr.ts";
import type { IpAddress } from "./ip.ts";

/**
 * IANA's special-purpose registries for IPv4 and IPv6 (RFC 6890 and later), the longest block wins. `public` appears
 * where a block is carved out of a special one. Wrapped IPv4 addresses never get here as IPv6.
 */
const SPECIAL: readonly (readonly [AddressClass, string])[] = [
  ["unspecified", "0.0.0.0/32 ::/128"],
  ["this-network", "0.0.0.0/8"],
  ["private", "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16"],
  ["cgnat", "100.64.0.0/10"],
  ["loopback", "127.0.0.0/8 ::1/128"],
  ["link-local", "169.254.0.0/16 fe80::/10"],
  // 192.0.0.9 and .10 (Port Control Protocol, TURN) are anycast services, but nobody's client address either.
  ["ietf-protocol", "192.0.0.0/24 2001::/23"],
  ["documentation", "192.0.2.0/24 198.51.100.0/24 203.0.113.0/24 2001:db8::/32 3fff::/20"],
  ["deprecated-6to4-relay", "192.88.99.0/24"],
  ["benchmark", "198.18.0.0/15 2001:2::/48"],
  ["multicast", "224.0.0.0/4 ff00::/8"],
  ["reserved", "240.0.0.0/4"],
  ["broadcast", "255.255.255.255/32"],
  ["discard", "100::/64"],
  ["unique-local", "fc00::/7"],
  // RFC 4291 §2.4: only 2000::/3 is global unicast. This covers fec0::/10 (site-local), ::/96 (IPv4-compatible) and
  // 64:ff9b:1::/48 (RFC 8215), which may hold any IPv4 address at a place that only the network's operator knows.
  ["reserved", "::/0"],
  ["public", "2000::/3"],
];

let table: CidrTable<AddressClass> | null = null;

/** Class of an address; special-purpose blocks are named, everything else is `public`. Null is `none`: no address. */
export function classifyAddress(address: IpAddress | null): AddressClass {
  if (address === null) return "none";
  table ??= cidrTable(SPECIAL.flatMap(([name, blocks]) => blocksOf(blocks).map((cidr) => [cidr, name] as const)));
  return table.longest(address)?.value ?? "public";
}

function blocksOf(text: string): readonly Cidr[] {
  return text
    .split(" ")
    .map(parseCidr)
    .filter((cidr) => cidr !== null);
}
