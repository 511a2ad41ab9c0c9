import type { Origin } from "../model.ts";
import { type Cidr, cidrContains, parseCidr, parseCidrs } from "./cidr.ts";
import { classifyAddress } from "./classify.ts";
import { type IpAddress, parseLiteral } from "./ip.ts";

/** What an operator allows of the addresses that cluster objects name. */
export interface OriginAddressOptions {
  /** `spec.originCIDRs` of the cluster. */
  readonly allowedCidrs: readonly Cidr[];
  /** Permits loopback and private addresses everywhere: development and tests. Never metadata services. */
  readonly allowPrivateOrigins: boolean;
}

/**
 * Why an origin must not have this literal address, as a clause for a sentence (`is a loopback address`), or null when
 * it may. Whoever can write an EndpointSlice or a status could otherwise make the edges fetch from the cloud's metadata
 * service or from the edge's own machine (CVE-2021-25737, CVE-2021-25740, CWE-918). Host names are not for here.
 */
export function originAddressProblem(address: string, options: OriginAddressOptions): string | null {
  const ip = parseLiteral(address);
  if (ip === null) return "is not an IP address in its usual spelling";
  const inside = ip.wrapping === null ? "" : ` (${ip.text} inside IPv6)`;
  if (isMetadataAddress(ip)) return `is the address of a cloud metadata service${inside}`;
  const name = classifyAddress(ip);
  switch (name) {
    case "public":
    case "documentation":
      return null;
    case "loopback":
      if (options.allowPrivateOrigins && isPlain(ip)) return null;
      return `is a loopback address${inside}`;
    case "private":
    case "cgnat":
    case "unique-local":
    case "benchmark":
      if (!isPlain(ip)) return `is a ${name} address in a form that is for public ones only${inside}`;
      if (options.allowPrivateOrigins || options.allowedCidrs.some((cidr) => cidrContains(cidr, ip))) return null;
      return `is a ${name} address${inside} outside the cluster's originCIDRs`;
    case "link-local":
    case "multicast":
    case "broadcast":
    case "unspecified":
    case "this-network":
    case "ietf-protocol":
    case "deprecated-6to4-relay":
    case "discard":
    case "reserved":
    case "invalid":
    case "none":
      return `is ${/^[aeiou]/.test(name) ? "an" : "a"} ${name} address${inside}`;
    default:
      return name satisfies never;
  }
}

/**
 * The same question at the moment of connecting, when it is known what a name resolves to: it may be another address
 * than a second ago (CVE-2020-8562). The answer is the one that was given when the snapshot was compiled.
 */
export function connectAddressProblem(
  address: string,
  origin: Pick<Origin, "allowedCidrs">,
  allowPrivateOrigins: boolean,
): string | null {
  return originAddressProblem(address, { allowedCidrs: parseCidrs(origin.allowedCidrs).cidrs, allowPrivateOrigins });
}

/** Whether a cloud serves credentials or instance data at this address. */
export function isMetadataAddress(address: IpAddress): boolean {
  metadata ??= METADATA.map(parseCidr).filter((cidr) => cidr !== null);
  return metadata.some((cidr) => cidrContains(cidr, address));
}

const METADATA: readonly string[] = [
  "169.254.169.254/32", // AWS, Google Cloud, Azure, OpenStack and most others
  "169.254.170.2/32", // AWS ECS task credentials
  "169.254.170.23/32", // AWS EKS Pod Identity
  "100.100.100.200/32", // Alibaba Cloud
  "168.63.129.16/32", // Azure wire server
  "192.0.0.192/32", // Oracle Cloud Classic
  "fd00:ec2::254/128", // AWS
  "fd00:ec2::23/128", // AWS EKS Pod Identity
  "fd20:ce::254/128", // Google Cloud
  "fd00:c1::a9fe:a9fe/128", // Oracle Cloud
  "fd00:42::42/128", // Scaleway
];

let metadata: readonly Cidr[] | null = null;

// RFC 6052 §3.1 and RFC 3056 §2: NAT64's well-known prefix and 6to4 are for public IPv4 addresses only.
function isPlain(address: IpAddress): boolean {
  return address.wrapping === null || address.wrapping === "mapped";
}
