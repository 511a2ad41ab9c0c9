import { type Cidr, cidrContains } from "./cidr.ts";
import { forwardedNodes, forwardedForNodes } from "./forwarded.ts";
import { type IpAddress, parseAddress } from "./ip.ts";

/** Which hops in front of us tell the truth. Both tests may be set; a hop that passes either is trusted. */
export interface ProxyTrust {
  /** Blocks of the proxies' addresses. */
  readonly cidrs: readonly Cidr[];
  /** How many hops nearest to us are trusted whatever their address, the socket's peer being the first; 0 for none. */
  readonly hops: number;
  /** The one header those proxies maintain. The other is ignored: a client may send it, and no proxy would correct it. */
  readonly header: ForwardingHeader;
}

/** The headers in which proxies say who the client is. */
export const FORWARDING_HEADERS = ["x-forwarded-for", "forwarded"] as const;
export type ForwardingHeader = (typeof FORWARDING_HEADERS)[number];

/** The client's address and how it was found. */
export interface ClientAddress {
  /** Null when the socket has no address (a UNIX socket, a runtime that hides it) and no trusted hop names one. */
  readonly address: IpAddress | null;
  /** Whether the peer is a trusted proxy, that is, whether its headers may be believed at all. */
  readonly peerTrusted: boolean;
  /**
   * Why the walk ended: at the `peer` (not trusted, or no header), at the first `untrusted` hop, at the `leftmost`
   * because every hop is trusted, or at an entry that is `malformed` or `hidden` (`unknown`, `_obfuscated`).
   */
  readonly stoppedAt: "peer" | "untrusted" | "leftmost" | "malformed" | "hidden";
}

/**
 * Address of the client by the trust chain. The header is walked from right to left, since every proxy appends what it
 * saw itself: the first hop that is not trusted is the client, and everything to its left is what the client claims.
 * An entry that cannot be read ends the walk at the trusted hop before it. `lines` are the header's lines in order.
 */
export function clientAddress(peer: string | null, lines: readonly string[], trust: ProxyTrust): ClientAddress {
  const peerAddress = peer === null ? null : parseAddress(peer);
  if (!isTrusted(peerAddress, 1, trust)) return { address: peerAddress, peerTrusted: false, stoppedAt: "peer" };
  const nodes = trust.header === "forwarded" ? forwardedNodes(lines) : forwardedForNodes(lines);
  let address = peerAddress;
  let hop = 1;
  for (const node of nodes) {
    const next = parseAddress(node);
    if (next === null) return { address, peerTrusted: true, stoppedAt: isHidden(node) ? "hidden" : "malformed" };
    address = next;
    hop += 1;
    if (!isTrusted(next, hop, trust)) return { address, peerTrusted: true, stoppedAt: "untrusted" };
  }
  return { address, peerTrusted: true, stoppedAt: hop === 1 ? "peer" : "leftmost" };
}

// NAT64 and 6to4 forms never match a block of proxies: with `2002:a00:1::` anyone could look like 10.0.0.1.
function isTrusted(address: IpAddress | null, hop: number, trust: ProxyTrust): boolean {
  if (hop <= trust.hops) return true;
  if (address === null || address.wrapping === "nat64" || address.wrapping === "6to4") return false;
  return trust.cidrs.some((cidr) => cidrContains(cidr, address));
}

// RFC 7239 §6.2 and §6.3
function isHidden(node: string): boolean {
  return node.toLowerCase() === "unknown" || node.startsWith("_");
}
