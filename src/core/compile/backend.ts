/** One service port in one cluster: whether it can be served there, where its bytes go, and how many endpoints are ready. */
import { compareText } from "../match-route.ts";
import type { Backend, Origin } from "../model.ts";
import type { EndpointSliceObject, LoadBalancerAddress, ServiceObject, ServicePort } from "../objects.ts";
import type { AdoptedService } from "./adopted.ts";
import { addressOrigin, hostProblem } from "./clusters.ts";
import { endpointOrigins, readiness } from "./endpoints.ts";
import type { Member } from "./member.ts";

export interface BackendResult {
  readonly cluster: string;
  /** Null where the cluster cannot serve it; `trouble` says why. */
  readonly backend: Backend | null;
  /** `ready/total` endpoints; null when nobody knows. */
  readonly counts: string | null;
  readonly trouble: string | null;
}

/** What is wrong with a service port in a cluster. */
export interface Trouble {
  readonly cluster: string;
  /** Whether it can be served there all the same. */
  readonly isServed: boolean;
  readonly trouble: string;
}

/** What one member has of a Service. */
interface Held {
  readonly member: Member;
  readonly service: ServiceObject;
  /** Sorted by name; null for none, which is "nobody knows", not "nothing is ready". */
  readonly slices: readonly EndpointSliceObject[] | null;
}

/** The backend of a service port in a cluster that holds the Service. An address that edges must not use is left out. */
export function heldBackend(
  { member, service, slices }: Held,
  portRef: string,
  allowPrivateOrigins: boolean,
): BackendResult {
  const { name } = member;
  const { meta } = service;
  if (service.type === "ExternalName") {
    // CVE-2021-25740 and kin: a name chosen by a tenant would make the edges fetch anything.
    const trouble = `Service ${meta.namespace}/${meta.name} is of type ExternalName, which is not routed to`;
    return { cluster: name, backend: null, counts: null, trouble };
  }
  const port = portOf(service, portRef);
  if (port === undefined) {
    const has = service.ports.map((one) => one.name ?? one.port).join(", ");
    const trouble = `Service ${meta.namespace}/${meta.name} has no port ${portRef}, it has ${has || "none"}`;
    return { cluster: name, backend: null, counts: null, trouble };
  }
  const counts = slices === null ? null : readiness(slices, port);
  if (member.cluster.gateway !== null) return throughGateway(name, counts);
  const protocol: Origin["protocol"] = port.appProtocol === "https" || port.name === "https" ? "https" : "http";
  if (service.loadBalancer.length > 0) {
    const to = { port: port.port, protocol, serverName: null, counts, allowPrivateOrigins };
    return withAddresses(member, service.loadBalancer, to);
  }
  const { nodePort } = port;
  if (service.type === "NodePort" && nodePort !== undefined) {
    const addresses = nodeAddresses(member, service, slices ?? []);
    const to = { port: nodePort, protocol, serverName: null, counts, allowPrivateOrigins };
    if (addresses.length > 0) return withAddresses(member, addresses, to);
  }
  if (!allowPrivateOrigins) {
    const lacks = service.type === "NodePort" ? "a ready node with an external address" : "a load balancer address";
    return found(name, [], counts, `it has neither a gateway nor ${lacks}`);
  }
  const direct = endpointOrigins(member.cidrs, slices ?? [], port, { protocol, allowPrivateOrigins });
  return found(name, direct.origins, counts, direct.trouble);
}

/** HTTP goes over TCP; a UDP port of the same number is another one. */
function portOf({ ports }: ServiceObject, portRef: string): ServicePort | undefined {
  // A loop, for half a million of them.
  for (const one of ports) {
    if (one.protocol === "TCP" && (one.name === portRef || String(one.port) === portRef)) return one;
  }
  return undefined;
}

/** Any of them leads to every pod; more make no difference to an edge. */
const MAX_NODES = 16;

/** Where the nodes of a cluster can be reached: with `externalTrafficPolicy: Local` those that have a ready pod. */
function nodeAddresses(
  { nodes }: Member,
  { isLocal = false }: ServiceObject,
  slices: readonly EndpointSliceObject[],
): readonly LoadBalancerAddress[] {
  const ready = slices.flatMap(({ endpoints }) => endpoints.filter((one) => one.ready).map((one) => one.node));
  const local = new Set(ready);
  const answering = isLocal ? nodes.filter((one) => local.has(one.meta.name)) : nodes;
  return answering.slice(0, MAX_NODES).flatMap((one) => one.external.slice(0, 1));
}

/** The backend of an adopted Ingress: the address that its own controller wrote, or the cluster's gateway. */
export function adoptedBackend(member: Member, adopted: AdoptedService, allowPrivateOrigins: boolean): BackendResult {
  // A `portolan gateway` knows Services; what another controller serves is reached at that controller's address.
  if (member.cluster.gateway?.signed === false) return throughGateway(member.name, null);
  const port = adopted.protocol === "https" ? 443 : 80;
  const { protocol, serverName } = adopted;
  return withAddresses(member, adopted.addresses, { protocol, serverName, port, counts: null, allowPrivateOrigins });
}

function throughGateway(cluster: string, counts: string | null): BackendResult {
  return { cluster, backend: { cluster, origins: null }, counts, trouble: null };
}

function withAddresses(
  member: Member,
  addresses: readonly LoadBalancerAddress[],
  to: Pick<Origin, "port" | "protocol" | "serverName"> & {
    readonly counts: string | null;
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
  return found(member.name, origins, to.counts, trouble);
}

function found(
  cluster: string,
  origins: readonly Origin[],
  counts: string | null,
  trouble: string | null,
): BackendResult {
  const sorted =
    origins.length < 2
      ? origins
      : origins.toSorted((a, b) => compareText(a.connectHost, b.connectHost) || a.port - b.port);
  return { cluster, backend: { cluster, origins: sorted }, counts, trouble };
}
