/**
 * Services whose pods have names: headless ones that carry `portolan.dev/federated: "true"`, and those that a
 * ServiceExport of the Multi-Cluster Services API names. One name and namespace is one Service in all clusters; where
 * clusters differ the oldest export counts, ports are the union.
 */
import { parseLiteral } from "../address/ip.ts";
import type { HealthView } from "../health/view.ts";
import { compareText } from "../match-route.ts";
import type { Cluster, Snapshot } from "../model.ts";
import type { EndpointSliceObject, LoadBalancerAddress, Observation, ServiceObject } from "../objects.ts";
import { FEDERATED_ANNOTATION, keyOf, servingAddresses } from "./observed-services.ts";
import { dnsName } from "./names.ts";
import type { PodAddress, ServicePortName } from "./pod-names.ts";

/** Why a Service has names of this kind. */
export type PodUse = "pods" | "export";

export interface NamedService {
  readonly namespace: string;
  readonly service: string;
  readonly headless: boolean;
  /** Pods by cluster, those that are not ready too: their names are not forgotten when no pod at all is. */
  readonly pods: readonly (PodAddress & { readonly ready: boolean })[];
  /** Addresses of load balancers of clusters that serve it. */
  readonly targets: readonly LoadBalancerAddress[];
  /** Whether some cluster has a load balancer for it, serving or not. */
  readonly hasBalancer: boolean;
  readonly ports: readonly ServicePortName[];
  readonly losses: readonly string[];
}

export interface NamedServicesInput {
  readonly snapshot: Snapshot;
  readonly clusters: readonly Observation[];
  /** Null for unknown, which counts as healthy. */
  readonly health: HealthView | null;
}

/** A Service in one cluster, with the time since when it has names. */
export interface NamedMember {
  readonly observation: Observation;
  readonly service: ServiceObject;
  readonly sinceMs: number;
}

/** Services with names of a kind, in order. */
export function namedServices(input: NamedServicesInput, use: PodUse): readonly NamedService[] {
  const places = new Map(input.snapshot.clusters.map((one) => [one.name, one]));
  const members = input.clusters.flatMap((observation) => {
    const place = places.get(observation.cluster ?? "");
    return place === undefined ? [] : membersIn(observation, use).map((one) => ({ ...one, place }));
  });
  const byName = Map.groupBy(members, ({ service }) => keyOf(service));
  return [...byName].sort(([a], [b]) => compareText(a, b)).map(([, list]) => named(list, input));
}

/** Services of a cluster that ask for names of a kind. */
export function membersIn(observation: Observation, use: PodUse): readonly NamedMember[] {
  const { services, serviceExports } = observation.objects;
  if (use === "pods") {
    return services
      .filter((one) => one.headless && one.meta.annotations[FEDERATED_ANNOTATION] === "true")
      .map((service) => ({ observation, service, sinceMs: service.meta.createdMs }));
  }
  const exported = new Map(serviceExports.map(({ meta }) => [`${meta.namespace}/${meta.name}`, meta.createdMs]));
  return services.flatMap((service) => {
    const sinceMs = exported.get(keyOf(service));
    return sinceMs === undefined || service.type === "ExternalName" ? [] : [{ observation, service, sinceMs }];
  });
}

type PlacedMember = NamedMember & { readonly place: Cluster };

function named(list: readonly PlacedMember[], input: NamedServicesInput): NamedService {
  const members = list.toSorted((a, b) => a.sinceMs - b.sinceMs || compareText(a.place.name, b.place.name));
  const [oldest] = members;
  const { namespace = "", name: service = "" } = oldest?.service.meta ?? {};
  const headless = oldest?.service.headless ?? false;
  const losses: string[] = [];
  const same = members.filter((one) => {
    if (one.service.headless === headless) return true;
    const [own, first] = [one.place.name, oldest?.place.name ?? ""];
    losses.push(
      `Service ${namespace}/${service} is headless in one of "${first}" and "${own}" only: that of "${own}" has no names`,
    );
    return false;
  });
  return {
    namespace,
    service,
    headless,
    pods: headless ? same.flatMap(podsOf) : [],
    targets: headless ? [] : same.flatMap((one) => targetsOf(one, input)),
    hasBalancer: same.some((one) => one.service.type === "LoadBalancer"),
    ports: portsOf(same, losses),
    losses,
  };
}

/** Slices of a Service. */
export function slicesOf({ objects }: Observation, { meta }: ServiceObject): readonly EndpointSliceObject[] {
  return objects.endpointSlices.filter((one) => one.service === meta.name && one.meta.namespace === meta.namespace);
}

function podsOf({ observation, service, place }: PlacedMember): NamedService["pods"] {
  return slicesOf(observation, service).flatMap((slice) =>
    slice.endpoints.map(({ addresses, ready, hostname }) => ({
      cluster: place.name,
      hostname: labelOf(hostname),
      addresses: addresses.flatMap((text) => parseLiteral(text)?.text ?? []),
      ready: ready && place.weight !== 0,
    })),
  );
}

function labelOf(hostname: string | null): string | null {
  const read = dnsName(hostname ?? "");
  return read.ok && !read.name.includes(".") ? read.name : null;
}

function targetsOf({ observation, service, place }: PlacedMember, { snapshot, health }: NamedServicesInput) {
  return service.type === "LoadBalancer" ? servingAddresses(service, observation, { place, snapshot, health }) : [];
}

/** Named ports; those of a headless Service are the pods' own, since nothing stands between. */
function portsOf(members: readonly PlacedMember[], losses: string[]): readonly ServicePortName[] {
  const ports = new Map<string, ServicePortName>();
  for (const { observation, service, place } of members) {
    const slices = service.headless ? slicesOf(observation, service) : [];
    for (const { name, protocol, port: own } of service.ports) {
      if (name === null) continue;
      const port = slices.flatMap((slice) => slice.ports).find((one) => one.name === name)?.port ?? own;
      const known = ports.get(name);
      if (known === undefined) ports.set(name, { name, protocol, port });
      else if (known.port !== port || known.protocol !== protocol) {
        const { namespace, name: of } = service.meta;
        losses.push(
          `Port "${name}" of Service ${namespace}/${of} is ${protocol} ${port} in "${place.name}" and ${known.protocol} ${known.port} in an older one, which counts`,
        );
      }
    }
  }
  return [...ports.values()];
}
