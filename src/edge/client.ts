/** Who asks, and from where: the trust chain, then the location chain. Nothing from an untrusted hop is believed. */
import { classifyAddress } from "../core/address/classify.ts";
import {
  type ClientAddress,
  clientAddress,
  FORWARDING_HEADERS,
  type ForwardingHeader,
  type ProxyTrust,
} from "../core/address/client-address.ts";
import { locateClient, type OverrideTable, type Places } from "../core/geo/client-location.ts";
import type { Client, ClientLocation } from "../core/decision.ts";
import type { Locator } from "../locate/locator.ts";
import { type EdgeRequestHead, firstHeader } from "./message.ts";

export interface ClientSources extends Places {
  /** Whom to believe; a null header means that nobody told which one the proxies maintain. */
  readonly trust: Omit<ProxyTrust, "header"> & { readonly header: ProxyTrust["header"] | null };
  readonly overrides: OverrideTable;
  readonly locator: Locator | null;
  /** Reads the place out of headers that a trusted proxy sets; null where no proxy is in front. */
  readonly headerLocation: ((get: (name: string) => string | null) => ClientLocation | null) | null;
}

export interface IdentifiedClient {
  readonly client: Client;
  /** Whether the other end of the connection is a configured proxy. */
  readonly trusted: boolean;
  /** The forwarding header that the proxies are known to maintain; a client may have sent the other one. */
  readonly chain: ForwardingHeader | null;
}

/** The client as the trust chain shows it. Never throws. */
export function identifyClient(request: EdgeRequestHead, sources: ClientSources): IdentifiedClient {
  const { trust } = sources;
  const found = addressOf(request, trust);
  const addressClass = classifyAddress(found.address);
  const location = locateClient({
    address: found.address,
    addressClass,
    overrides: sources.overrides,
    runtime: request.runtimeLocation,
    headers: found.peerTrusted
      ? (sources.headerLocation?.((name) => firstHeader(request.headers, name)) ?? null)
      : null,
    locator: sources.locator,
    zonePoint: sources.zonePoint,
    countries: sources.countries,
  });
  return {
    client: { address: found.address?.text ?? null, class: addressClass, location },
    trusted: found.peerTrusted,
    chain: trust.header,
  };
}

/**
 * A proxy maintains one of the two headers and passes the other on as the client sent it. Where nobody told us which,
 * the one that is there counts; where both are there they must agree, or the walk ends at the proxy: a client that
 * adds the header that its proxy does not know can hide its own address then, but not claim another's.
 */
function addressOf(request: EdgeRequestHead, trust: ClientSources["trust"]): ClientAddress {
  const walk = (header: ProxyTrust["header"], lines: readonly string[]) =>
    clientAddress(request.peerAddress, lines, { ...trust, header });
  const alone = walk("forwarded", []);
  if (!alone.peerTrusted) return alone;
  const found = (trust.header === null ? FORWARDING_HEADERS : [trust.header]).flatMap((header) => {
    const lines = request.headers.flatMap(([name, value]) => (name === header ? [value] : []));
    return lines.length === 0 ? [] : [walk(header, lines)];
  });
  const [one, other = one] = found;
  return one !== undefined && one.address?.text === other?.address?.text ? one : alone;
}
