/** Which federated Services have names, and which clusters' addresses count at the moment. */
import { backendKey, type HealthView, healthView, originKey } from "../health/view.ts";
import { compareText } from "../match-route.ts";
import type { HealthOverlay } from "../health/model.ts";
import type { Cluster, Origin, ServiceBackends, Snapshot } from "../model.ts";
import type { LoadBalancerAddress } from "../objects.ts";
import type { ClusterAddresses, FederatedName } from "./federated-service.ts";

export interface FederatedServicesInput {
  readonly snapshot: Snapshot;
  /** null or expired: unknown, and unknown counts as healthy. */
  readonly health: HealthOverlay | null;
  readonly nowMs: number;
  readonly federation: string;
  readonly suffix: string;
}

export interface FederatedServiceNames {
  readonly name: FederatedName;
  readonly resource: string;
  readonly members: readonly ClusterAddresses[];
}

/** Names of every Service that has addresses of its own in some cluster. */
export function federatedServices(input: FederatedServicesInput): readonly FederatedServiceNames[] {
  const { snapshot, health, nowMs, federation, suffix } = input;
  const view = healthView(health, new Map());
  const isFresh = health !== null && nowMs < view.expiresAtMs;
  const clusters = new Map(snapshot.clusters.map((cluster) => [cluster.name, cluster]));
  return [...servicesOf(snapshot)].flatMap(([key, services]) => {
    const [namespace = "", service = ""] = key.split("/");
    const members = membersOf(services, clusters, isFresh ? view : null);
    if (members.length === 0) return [];
    const name = { service, namespace, federation, suffix };
    return [{ name, resource: `service/${namespace}/${service}`, members }];
  });
}

/** Services by `namespace/name`, in order, whatever their ports and whichever hosts use them. */
function servicesOf(snapshot: Snapshot): ReadonlyMap<string, readonly ServiceBackends[]> {
  const all = snapshot.hosts.flatMap((host) => host.services);
  const byName = Map.groupBy(all, ({ service }) => service.slice(0, service.lastIndexOf("/")));
  return new Map([...byName].sort(([a], [b]) => compareText(a, b)));
}

/** Addresses of a Service cluster by cluster; a cluster that is drained, not serving or without own addresses has none. */
function membersOf(
  services: readonly ServiceBackends[],
  clusters: ReadonlyMap<string, Cluster>,
  health: HealthView | null,
): readonly ClusterAddresses[] {
  const members = new Map<string, Set<Origin>>();
  let hasAddresses = false;
  for (const { service, backends } of services) {
    for (const { cluster, origins: own } of backends) {
      const list = members.get(cluster) ?? new Set();
      members.set(cluster, list);
      hasAddresses ||= own !== null;
      const isServing = health?.backends.get(backendKey(cluster, service))?.ready !== 0;
      if (!isServing || clusters.get(cluster)?.weight === 0) continue;
      for (const origin of own ?? []) {
        if (health?.origins.get(originKey(cluster, origin))?.verdict !== "down") list.add(origin);
      }
    }
  }
  // A gateway serves requests that an edge signed; a name for everybody must not lead there.
  if (!hasAddresses) return [];
  return [...members].flatMap(([name, list]): readonly ClusterAddresses[] => {
    const cluster = clusters.get(name);
    if (cluster === undefined) return [];
    const zones = cluster.zone === null ? [] : [cluster.zone];
    return [{ cluster: name, region: cluster.region, zones, addresses: [...list].map(targetOf) }];
  });
}

/** The address or host name that an origin connects to. */
export function targetOf({ connectHost }: Origin): LoadBalancerAddress {
  const bare = connectHost.startsWith("[") ? connectHost.slice(1, -1) : connectHost;
  return { ip: null, hostname: bare };
}
