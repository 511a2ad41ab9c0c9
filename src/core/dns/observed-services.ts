/**
 * Federated Services as their clusters describe them: those of type LoadBalancer that a host of ours routes to, or that
 * carry `portolan.dev/federated: "true"`. The address of a balancer is for everybody, also where edges reach the
 * cluster through its gateway; the address of a pod is not.
 */
import { originKey, type HealthView, healthView } from "../health/view.ts";
import type { HealthOverlay } from "../health/model.ts";
import { compareText } from "../match-route.ts";
import type { Cluster, Snapshot } from "../model.ts";
import type { LoadBalancerAddress, Observation, ServiceObject } from "../objects.ts";
import type { FederatedServiceNames } from "./desired-services.ts";
import type { ClusterAddresses } from "./federated-service.ts";

/** On a Service: it has names for everybody though no host routes to it. */
export const FEDERATED_ANNOTATION = "portolan.dev/federated";

export interface ObservedServicesInput {
  readonly snapshot: Snapshot;
  /** Member clusters, as they were observed last. */
  readonly clusters: readonly Observation[];
  readonly health: HealthOverlay | null;
  readonly nowMs: number;
  readonly federation: string;
  readonly suffix: string;
}

/** Services by `namespace/name`; one that is there, but of another type everywhere, has no members. */
export function observedServices(input: ObservedServicesInput): ReadonlyMap<string, FederatedServiceNames> {
  const { snapshot, health, nowMs, federation, suffix } = input;
  const view = healthView(health, new Map());
  const fresh = health !== null && nowMs < view.expiresAtMs ? view : null;
  const routed = routedServices(snapshot);
  const places = new Map(snapshot.clusters.map((one) => [one.name, one]));
  const members = new Map<string, ClusterAddresses[]>();
  for (const observation of input.clusters) {
    const place = places.get(observation.cluster ?? "");
    if (place === undefined) continue;
    for (const service of observation.objects.services) {
      if (!isFederated(service, routed)) continue;
      const key = keyOf(service);
      const list = members.get(key) ?? [];
      members.set(key, list);
      if (service.type !== "LoadBalancer") continue;
      const addresses = servingAddresses(service, observation, { place, snapshot, health: fresh });
      const zones = place.zone === null ? [] : [place.zone];
      list.push({ cluster: place.name, region: place.region, zones, addresses });
    }
  }
  return new Map(
    [...members]
      .sort(([a], [b]) => compareText(a, b))
      .map(([key, list]) => {
        const [namespace = "", service = ""] = key.split("/");
        const name = { service, namespace, federation, suffix };
        return [key, { name, resource: `service/${namespace}/${service}`, members: list }];
      }),
  );
}

/** Services that hosts of the snapshot route to, as `namespace/name`. */
export function routedServices(snapshot: Snapshot): ReadonlySet<string> {
  return new Set(
    snapshot.hosts.flatMap((host) => host.services.map((one) => one.service.slice(0, one.service.lastIndexOf("/")))),
  );
}

/** Whether a Service has names for everybody. */
export function isFederated(service: ServiceObject, routed: ReadonlySet<string>): boolean {
  return routed.has(keyOf(service)) || service.meta.annotations[FEDERATED_ANNOTATION] === "true";
}

/** `namespace/name` */
export function keyOf({ meta }: ServiceObject): string {
  return `${meta.namespace}/${meta.name}`;
}

/** Addresses of a Service's balancer in a cluster that serves it, without those that edges find dead. */
export function servingAddresses(
  service: ServiceObject,
  observation: Observation,
  { place, snapshot, health }: ServingContext,
): readonly LoadBalancerAddress[] {
  return isServing(service, observation, place) ? reachable(service, place, snapshot, health) : [];
}

export interface ServingContext {
  readonly place: Cluster;
  readonly snapshot: Snapshot;
  /** Null for unknown, which counts as healthy. */
  readonly health: HealthView | null;
}

/** Whether the cluster serves it: not drained, and an endpoint is ready. Without any slice nobody knows, and that counts. */
function isServing({ meta }: ServiceObject, { objects }: Observation, place: Cluster): boolean {
  if (place.weight === 0) return false;
  const slices = objects.endpointSlices.filter(
    (one) => one.service === meta.name && one.meta.namespace === meta.namespace,
  );
  return slices.length === 0 || slices.some((slice) => slice.endpoints.some((endpoint) => endpoint.ready));
}

/** Its addresses without those that edges find dead. */
function reachable(
  { meta, loadBalancer }: ServiceObject,
  place: Cluster,
  snapshot: Snapshot,
  health: HealthView | null,
): readonly LoadBalancerAddress[] {
  if (health === null) return loadBalancer;
  const prefix = `${meta.namespace}/${meta.name}/`;
  const origins = snapshot.hosts
    .flatMap((host) => host.services.filter((one) => one.service.startsWith(prefix)))
    .flatMap((one) => one.backends.filter((backend) => backend.cluster === place.name))
    .flatMap((backend) => backend.origins ?? []);
  return loadBalancer.filter(({ ip, hostname }) => {
    const own = origins.filter((one) => one.connectHost === (hostname ?? ip));
    return own.length === 0 || own.some((one) => health.origins.get(originKey(place.name, one))?.verdict !== "down");
  });
}
