/** kubefed's DNS objects: `ServiceDNSRecord` and `IngressDNSRecord` turned into records as its controllers did. */
import { PLAIN_RECORDS } from "./capabilities.ts";
import { compareText } from "../match-route.ts";
import type { LoadBalancerAddress } from "../objects.ts";
import { answerFor } from "./answer.ts";
import {
  type ClusterAddresses,
  type FederatedServiceOptions,
  federatedServiceRecords,
  globalName,
} from "./federated-service.ts";
import { type DnsCapabilities, plainSet, type RecordSet } from "./records.ts";

export interface ServiceDnsRecord {
  readonly name: string;
  readonly namespace: string;
  /** The `Domain` object's name, which stands where federation v1 had the federation's. */
  readonly domainRef: string;
  readonly domain: string;
  readonly recordTTL: number | null;
  /** `<dnsPrefix>.<domain>` becomes a CNAME to the global name. */
  readonly dnsPrefix: string | null;
  /** Stands in the place of the Service's name. */
  readonly externalName: string | null;
  readonly clusters: readonly ClusterAddresses[];
}

export interface KubefedRecords {
  readonly sets: readonly RecordSet[];
  /** The Service that an external name stands for, which kubefed kept as the label `serviceName`; null without one. */
  readonly serviceName: string | null;
}

const DEFAULT_TTL_SECONDS = 180;

/** Provider as kubefed saw it: addresses and CNAMEs, nothing else. */
const PLAIN: DnsCapabilities = {
  ...PLAIN_RECORDS,
  provider: "external-dns",
  atomicity: "change",
  fence: "unfenced",
  maxValues: 1_000_000,
};

type Resolved = ReadonlyMap<string, readonly string[] | null>;

/** Records of a `ServiceDNSRecord`; null when a host name does not resolve, which failed the whole object. */
export function serviceDnsRecords(record: ServiceDnsRecord, resolved: Resolved): KubefedRecords | null {
  const options = optionsOf(record.recordTTL, resolved);
  const name = {
    service: record.externalName ?? record.name,
    namespace: record.namespace,
    federation: record.domainRef,
    suffix: record.domain,
  };
  const { sets, keep } = federatedServiceRecords(name, record.clusters, options);
  if (keep.length > 0) return null;
  const prefix = record.dnsPrefix;
  const extra =
    prefix === null ? [] : [plainSet(`${prefix}.${record.domain}`, "CNAME", [globalName(name)], options.ttlSeconds)];
  return { sets: byName([...sets, ...extra]), serviceName: record.externalName === null ? null : record.name };
}

/** Records of an `IngressDNSRecord`: all clusters' addresses at each host; null when a host name does not resolve. */
export function ingressDnsRecords(
  hosts: readonly string[],
  recordTTL: number | null,
  addresses: readonly LoadBalancerAddress[],
  resolved: Resolved,
): readonly RecordSet[] | null {
  const answers = hosts.map((host) => answerFor(host, addresses, { ...optionsOf(recordTTL, resolved), isApex: false }));
  return answers.some((answer) => answer.keep) ? null : byName(answers.flatMap((answer) => answer.sets));
}

function optionsOf(recordTTL: number | null, resolved: Resolved): FederatedServiceOptions {
  const ttlSeconds = recordTTL === null || recordTTL === 0 ? DEFAULT_TTL_SECONDS : recordTTL;
  return { ttlSeconds, capabilities: PLAIN, resolved, alwaysResolve: true, zoneNames: "every", whenEmpty: "chain" };
}

function byName(sets: readonly RecordSet[]): readonly RecordSet[] {
  return sets.toSorted((a, b) => compareText(a.name, b.name) || compareText(a.type, b.type));
}
