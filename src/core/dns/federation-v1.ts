/** What federation v1 kept in annotations, flags and ConfigMaps, for those who come from there. */
import { compareText } from "../match-route.ts";
import type { LoadBalancerAddress } from "../objects.ts";
import { type FederatedName, zoneName } from "./federated-service.ts";
import { isWithin } from "./names.ts";

/** Annotation of a federated Service that says which cluster offers which addresses to DNS. */
export const SERVICE_INGRESSES = "federation.kubernetes.io/service-ingresses";

export interface ServiceIngress {
  readonly cluster: string;
  readonly addresses: readonly LoadBalancerAddress[];
}

/** Text of the annotation: clusters by name, those without a healthy address with no items. */
export function serviceIngressesText(clusters: readonly ServiceIngress[]): string {
  const items = clusters
    .toSorted((a, b) => compareText(a.cluster, b.cluster))
    .map(({ cluster, addresses }) => ({ cluster, items: addresses.map(addressItem) }));
  return JSON.stringify({ items });
}

/** Reads the annotation; absent, null and empty items all mean that the cluster offers nothing now. Null if malformed. */
export function readServiceIngresses(text: string): readonly ServiceIngress[] | null {
  const value = parseJson(text);
  if (!isRecord(value)) return null;
  const items = value["items"] ?? [];
  if (!Array.isArray(items)) return null;
  const clusters = items.map((item: unknown): ServiceIngress | null => {
    if (!isRecord(item) || typeof item["cluster"] !== "string") return null;
    const addresses = item["items"] ?? [];
    if (!Array.isArray(addresses)) return null;
    return { cluster: item["cluster"], addresses: addresses.map(readAddress) };
  });
  return clusters.every((one) => one !== null) ? clusters : null;
}

/** `status.loadBalancer.ingress` of the federated Service: every cluster's addresses, healthy or not, without repetition. */
export function federatedStatus(clusters: readonly ServiceIngress[]): readonly LoadBalancerAddress[] {
  const all = new Map(
    clusters.flatMap((one) => one.addresses).map((one) => [`${one.ip ?? ""} ${one.hostname ?? ""}`, one]),
  );
  return [...all].sort(([a], [b]) => compareText(a, b)).map(([, one]) => one);
}

export interface FederationZoneConfig {
  readonly federation: string;
  readonly zoneName: string;
  readonly zoneId: string;
  readonly suffix: string;
  /** Zones that the provider has; null without a provider. */
  readonly zones: readonly { readonly id: string; readonly name: string }[] | null;
}

/** Why federated Services cannot be published with this configuration, or null. A zone that is missing can be made. */
export function federationZoneProblem(config: FederationZoneConfig): string | null {
  if (config.federation === "") return "the federation has no name: every DNS name of a Service contains it";
  if (config.zoneName === "" && config.zoneId === "") return "neither the name nor the id of a zone is given";
  if (config.suffix === "" && config.zoneName === "")
    return "without a suffix the zone's name is needed, not only its id";
  if (config.zones === null) return "no DNS provider is given";
  const name = bare(config.zoneName);
  const matching = config.zones.filter((zone) =>
    config.zoneId === "" ? bare(zone.name) === name : zone.id === config.zoneId,
  );
  if (matching.length > 1) return `${matching.length} zones are named "${name}": give the zone's id`;
  if (matching.length === 0 && name === "") return `no zone has the id "${config.zoneId}"`;
  if (config.suffix !== "" && name !== "" && !isWithin(bare(config.suffix), name)) {
    return `the suffix "${bare(config.suffix)}" is not in the zone "${name}"`;
  }
  return null;
}

/**
 * Inside a cluster, `<service>.<namespace>.<federation>.svc.<cluster domain>` is a CNAME to the zone name of the node
 * that asks; the target of that CNAME, or null for every other name. `federations` is kube-dns' ConfigMap.
 */
export function inClusterTarget(
  question: string,
  node: { readonly zone: string; readonly region: string; readonly clusterDomain: string },
  federations: ReadonlyMap<string, string>,
): string | null {
  const ending = `.svc.${node.clusterDomain}`;
  const name = bare(question.toLowerCase());
  const [service = "", namespace = "", federation = "", ...rest] = name.endsWith(ending)
    ? name.slice(0, -ending.length).split(".")
    : [];
  const suffix = federations.get(federation);
  if (suffix === undefined || rest.length > 0) return null;
  const federated: FederatedName = { service, namespace, federation, suffix };
  return zoneName(federated, node.zone, node.region);
}

function addressItem({ ip, hostname }: LoadBalancerAddress): { ip: string } | { hostname: string } {
  return ip === null ? { hostname: hostname ?? "" } : { ip };
}

function readAddress(value: unknown): LoadBalancerAddress {
  const [ip, hostname] = isRecord(value) ? [value["ip"], value["hostname"]] : [null, null];
  if (typeof ip === "string" && ip !== "") return { ip, hostname: null };
  return { ip: null, hostname: typeof hostname === "string" ? hostname : "" };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function bare(name: string): string {
  return name.endsWith(".") ? name.slice(0, -1) : name;
}
