/**
 * Who asks, as far as it counts for an answer: the network that the resolver names, or its own. All clients of one
 * network get one answer, so that the scope of an answer can be true: `keyBits` is the network that spreads clients,
 * `placeBits` the one in which everybody is at the same place.
 */
import { classifyAddress } from "../core/address/classify.ts";
import { type IpAddress, parseLiteral } from "../core/address/ip.ts";
import { type Cidr, cidrContains } from "../core/address/cidr.ts";
import type { Client, ClientLocation, Vantage } from "../core/decision.ts";
import { locateClient, type OverrideTable, type Places } from "../core/geo/client-location.ts";
import { vantageOf } from "../core/geo/vantage.ts";
import { hash32 } from "../core/steering/hash.ts";
import type { Locator } from "../locate/locator.ts";
import { type ClientSubnet, commonBits, networkAddress } from "./subnet.ts";

export interface Place {
  /** Text of the network that counts as one client. */
  readonly key: string;
  readonly hash: number;
  readonly client: Client;
  readonly vantage: Vantage;
  readonly keyBits: number;
  readonly placeBits: number;
}

export interface PlaceSources {
  readonly places: Places;
  readonly locator: Locator | null;
  readonly overrides: OverrideTable;
  /** Networks of the overrides, which cut through those of the database. */
  readonly overrideCidrs: readonly Cidr[];
}

/** RFC 7871 §11.1: no more of a client's address than this is looked at. */
const KEY_BITS = { 4: 24, 6: 56 };

/** The place of a client subnet. */
export function placeOfSubnet(subnet: ClientSubnet, sources: PlaceSources): Place {
  const { family, words } = subnet;
  const keyBits = Math.min(subnet.bits, KEY_BITS[family]);
  return placeOf(networkAddress(family, words, keyBits), { family, words, keyBits }, sources);
}

/** The place of the address that asked; null when it cannot be read. */
export function placeOfPeer(address: string, sources: PlaceSources): Place | null {
  const zone = address.indexOf("%");
  const read = parseLiteral(zone === -1 ? address : address.slice(0, zone));
  if (read === null) return null;
  const { family, words } = read;
  const keyBits = KEY_BITS[family];
  return placeOf(networkAddress(family, words, keyBits), { family, words, keyBits }, sources);
}

interface Network {
  readonly family: 4 | 6;
  readonly words: readonly number[];
  readonly keyBits: number;
}

function placeOf(address: IpAddress, network: Network, sources: PlaceSources): Place {
  const { places, locator, overrides } = sources;
  const addressClass = classifyAddress(address);
  const location = locateClient({ ...places, address, addressClass, overrides, locator });
  const key = `${address.text}/${network.keyBits}`;
  return {
    key,
    hash: hash32(key),
    client: { address: address.text, class: addressClass, location },
    vantage: vantageOf({ own: null, place: null, location, places }),
    keyBits: network.keyBits,
    placeBits: placeBits(address, network, location, sources),
  };
}

/** Bits within which everybody is where this client is; the key's own where nobody says. */
function placeBits(
  address: IpAddress,
  { family, words, keyBits }: Network,
  location: ClientLocation,
  { locator, overrides, overrideCidrs }: PlaceSources,
): number {
  if (address.family !== family) return keyBits;
  const known =
    location.source === "override" ? overrides.longest(address)?.cidr.bits : locator?.prefixLength(address.text);
  let bits = known ?? keyBits;
  for (const cidr of overrideCidrs) {
    if (cidr.family !== family || cidrContains(cidr, address)) continue;
    // The network ends where one that the operator placed elsewhere begins.
    bits = Math.max(bits, Math.min(commonBits(words, cidr.words), cidr.bits - 1) + 1);
  }
  return Math.min(bits, keyBits);
}
