/** Service ports → backends: which clusters hold a service port, where its bytes go, and how many endpoints are ready. */
import { type Cidr, parseCidrs } from "../address/cidr.ts";
import { compareText } from "../match-route.ts";
import type { BackendHealth } from "../health/model.ts";
import type { Backend, HealthCheck, Origin, ServiceBackends, ServiceKey } from "../model.ts";
import type {
  ClusterObject,
  EndpointSliceObject,
  LoadBalancerAddress,
  Observation,
  ServiceObject,
} from "../objects.ts";
import type { AdoptedService } from "./adopted.ts";
import { addressOrigin, hostProblem } from "./clusters.ts";
import { endpointOrigins, readiness } from "./endpoints.ts";
import { asksForHealthCheck, readHealthCheck } from "./health-check.ts";

/** One member cluster: its object and what it holds, indexed for look-ups. */
export interface Member {
  readonly cluster: ClusterObject;
  /** Its `originCIDRs`, read. */
  readonly cidrs: readonly Cidr[];
  readonly services: ReadonlyMap<string, ServiceObject>;
  readonly slices: ReadonlyMap<string, readonly EndpointSliceObject[]>;
  /** What is known of adopted Ingresses, by stand-in service. */
  readonly adopted: ReadonlyMap<ServiceKey, AdoptedService>;
}

/** Indexes an observation once. */
export function member(cluster: ClusterObject, observation: Observation, adopted: Member["adopted"]): Member {
  const slices = new Map<string, EndpointSliceObject[]>();
  for (const slice of observation.objects.endpointSlices) {
    if (slice.service === null) continue;
    const key = `${slice.meta.namespace}/${slice.service}`;
    const list = slices.get(key);
    if (list === undefined) slices.set(key, [slice]);
    else list.push(slice);
  }
  const services = new Map(
    observation.objects.services.map((service) => [`${service.meta.namespace}/${service.meta.name}`, service]),
  );
  return { cluster, cidrs: parseCidrs(cluster.originCidrs).cidrs, services, slices, adopted };
}

export type BackendResult =
  | {
      readonly found: true;
      readonly backend: Backend;
      readonly health: BackendHealth | null;
      readonly trouble: string | null;
    }
  | { readonly found: false; readonly reason: string };

/** The backend of a service port in one cluster. An address that edges must not use is left out and said so. */
export function findBackend(member: Member, key: ServiceKey, allowPrivateOrigins: boolean): BackendResult {
  const name = member.cluster.meta.name;
  const gateway = member.cluster.gateway !== null;
  const adopted = member.adopted.get(key);
  if (adopted !== undefined) {
    // A `portolan gateway` knows Services; what another controller serves is reached at that controller's address.
    if (member.cluster.gateway?.signed === false)
      return { found: true, backend: { cluster: name, origins: null }, health: null, trouble: null };
    const port = adopted.protocol === "https" ? 443 : 80;
    return withAddresses(member, adopted.addresses, { ...adopted, port, health: null, allowPrivateOrigins });
  }
  const [namespace = "", serviceName = "", portRef = ""] = key.split("/");
  const service = member.services.get(`${namespace}/${serviceName}`);
  if (service === undefined) return { found: false, reason: noService(key) };
  if (service.type === "ExternalName") {
    // CVE-2021-25740 and kin: a name chosen by a tenant would make the edges fetch anything.
    return {
      found: false,
      reason: `Service ${namespace}/${serviceName} is of type ExternalName, which is not routed to`,
    };
  }
  // HTTP goes over TCP; a UDP port of the same number is another one.
  const port = service.ports.find(
    (one) => one.protocol === "TCP" && (one.name === portRef || String(one.port) === portRef),
  );
  if (port === undefined) {
    const has = service.ports.map((one) => one.name ?? one.port).join(", ");
    return {
      found: false,
      reason: `Service ${namespace}/${serviceName} has no port ${portRef}, it has ${has || "none"}`,
    };
  }
  const slices = member.slices.get(`${namespace}/${serviceName}`) ?? null;
  const health = slices === null ? null : readiness(name, key, slices, port);
  if (gateway) return { found: true, backend: { cluster: name, origins: null }, health, trouble: null };
  const protocol: Origin["protocol"] = port.appProtocol === "https" || port.name === "https" ? "https" : "http";
  if (service.loadBalancer.length > 0) {
    const to = { port: port.port, protocol, serverName: null, health, allowPrivateOrigins };
    return withAddresses(member, service.loadBalancer, to);
  }
  if (!allowPrivateOrigins) return found(name, [], health, "it has neither a gateway nor a load balancer address");
  const direct = endpointOrigins(member.cidrs, slices ?? [], port, { protocol, allowPrivateOrigins });
  return found(name, direct.origins, health, direct.trouble);
}

function withAddresses(
  member: Member,
  addresses: readonly LoadBalancerAddress[],
  to: Pick<Origin, "port" | "protocol" | "serverName"> & {
    readonly health: BackendHealth | null;
    readonly allowPrivateOrigins: boolean;
  },
): BackendResult {
  const origins: Origin[] = [];
  let trouble: string | null = addresses.length === 0 ? "its controller has written no address yet" : null;
  for (const address of addresses) {
    const connectHost = address.hostname ?? address.ip ?? "";
    const problem = connectHost === "" ? "is empty" : hostProblem(connectHost, member.cidrs, to.allowPrivateOrigins);
    if (problem === null) origins.push(addressOrigin(connectHost, to.port, { ...to, cidrs: member.cidrs }));
    else trouble = `its address "${connectHost}" is refused: it ${problem}`;
  }
  return found(member.cluster.meta.name, origins, to.health, trouble);
}

function found(
  cluster: string,
  origins: readonly Origin[],
  health: BackendHealth | null,
  trouble: string | null,
): BackendResult {
  const sorted = [...origins].sort((a, b) => compareText(a.connectHost, b.connectHost) || a.port - b.port);
  return { found: true, backend: { cluster, origins: sorted }, health, trouble };
}

/** Which members have anything to say about a service: of 50 clusters mostly a few. */
export interface Holders {
  /** Members that have the Service `namespace/name`, in the order of the members. */
  readonly services: ReadonlyMap<string, readonly Member[]>;
  readonly adopted: ReadonlyMap<ServiceKey, readonly Member[]>;
}

/** Indexes all members once. */
export function holdersOf(members: readonly Member[]): Holders {
  const services = new Map<string, Member[]>();
  const adopted = new Map<ServiceKey, Member[]>();
  for (const one of members) {
    for (const name of one.services.keys()) append(services, name, one);
    for (const key of one.adopted.keys()) append(adopted, key, one);
  }
  return { services, adopted };
}

function append<Key>(lists: Map<Key, Member[]>, key: Key, one: Member): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [one]);
  else list.push(one);
}

/** What is wrong with a cluster that is not among the results of a service. */
export function noService(key: ServiceKey): string {
  return `it has no Service ${serviceName(key)}`;
}

export interface Collected {
  readonly service: ServiceBackends;
  readonly results: ReadonlyMap<string, BackendResult>;
  /** Whether the Service itself says something about its health check: then a TrafficPolicy has no say. */
  readonly asks: boolean;
}

/** All backends of a service, by cluster, and the clusters that hold it; the same object for every host that uses it. */
export function collectBackends(holders: Holders, key: ServiceKey, allowPrivateOrigins: boolean): Collected {
  const results = new Map<string, BackendResult>();
  const backends: Backend[] = [];
  const members = holders.services.get(serviceName(key)) ?? [];
  const adopting = holders.adopted.get(key) ?? [];
  const all = adopting.length === 0 ? members : [...new Set([...members, ...adopting])].sort(byName);
  for (const one of all) {
    const result = findBackend(one, key, allowPrivateOrigins);
    results.set(one.cluster.meta.name, result);
    if (result.found) backends.push(result.backend);
  }
  const services = servicesOf(members, key);
  return {
    service: { service: key, backends, healthCheck: healthCheckOf(services) },
    results,
    asks: services.some(({ meta }) => asksForHealthCheck(meta.annotations)),
  };
}

/** A service as a host has it whose TrafficPolicy sets a health check. */
export function withHealthCheck({ service, asks }: Collected, check: HealthCheck | null): ServiceBackends {
  return asks || check === null ? service : { ...service, healthCheck: check };
}

function servicesOf(members: readonly Member[], key: ServiceKey): readonly ServiceObject[] {
  const name = serviceName(key);
  return members.flatMap(({ services }) => services.get(name) ?? []);
}

function byName(a: Member, b: Member): number {
  return compareText(a.cluster.meta.name, b.cluster.meta.name);
}

function serviceName(key: ServiceKey): string {
  return key.slice(0, key.lastIndexOf("/"));
}

/** One Service, one health check: that of the first cluster (by name) whose Service asks for one. */
function healthCheckOf(services: readonly ServiceObject[]): HealthCheck | null {
  for (const { meta } of services) {
    if (Object.keys(meta.annotations).length === 0) continue;
    const { check } = readHealthCheck(meta.annotations);
    if (check !== null) return check;
  }
  return null;
}
