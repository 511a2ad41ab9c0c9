/** Services and EndpointSlices of one cluster → where the bytes for each service port go: the ready pods. */
import { parseCidrs } from "../address/cidr.ts";
import { originAddressProblem } from "../address/origin-address.ts";
import { slicePort } from "../compile/endpoints.ts";
import { problemOf } from "../compile/problem.ts";
import { compareText } from "../match-route.ts";
import type { Origin, ServiceKey } from "../model.ts";
import type { EndpointSliceObject, KubeObjects, Problem, ServiceObject, ServicePort } from "../objects.ts";

export interface Pod {
  readonly origin: Origin;
  /** Null when its slice does not say. */
  readonly zone: string | null;
}

/** Each service port under its number and under its name. One without a ready pod is there, with none. */
export type PodTable = ReadonlyMap<ServiceKey, readonly Pod[]>;

export interface PodTableResult {
  readonly table: PodTable;
  readonly problems: readonly Problem[];
}

/**
 * Pods have private addresses by nature; what an EndpointSlice may never name is the gateway's own machine, its link
 * or the cloud's metadata service (CVE-2021-25737, CVE-2021-25740).
 */
const POD_RANGES = parseCidrs(["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"]).cidrs;

/** Indexes a cluster's objects; an address that must not be used is left out and is a problem of its slice. */
export function podTable(
  { services, endpointSlices }: Pick<KubeObjects, "services" | "endpointSlices">,
  allowPrivateOrigins: boolean,
): PodTableResult {
  const problems: Problem[] = [];
  const slices = new Map<string, UsableSlice[]>();
  for (const slice of endpointSlices) {
    if (slice.service === null) continue;
    const key = `${slice.meta.namespace}/${slice.service}`;
    const list = slices.get(key) ?? [];
    list.push({ slice, endpoints: usableEndpoints(slice, allowPrivateOrigins, problems) });
    slices.set(key, list);
  }
  const table = new Map<ServiceKey, readonly Pod[]>();
  for (const service of services) {
    // CVE-2021-25740 and kin: a name chosen by a tenant would make the gateway fetch anything.
    if (service.type === "ExternalName") continue;
    const key = `${service.meta.namespace}/${service.meta.name}`;
    for (const port of service.ports) {
      if (port.protocol !== "TCP") continue;
      const pods = podsOf(service, port, slices.get(key) ?? []);
      table.set(`${key}/${port.port}`, pods);
      if (port.name !== null && port.name !== "") table.set(`${key}/${port.name}`, pods);
    }
  }
  return { table, problems };
}

type Endpoint = EndpointSliceObject["endpoints"][number];

interface UsableSlice {
  readonly slice: EndpointSliceObject;
  /** Ready ones, by the address that counts: the first one (discovery.k8s.io/v1). */
  readonly endpoints: readonly (readonly [address: string, endpoint: Endpoint])[];
}

function usableEndpoints(
  slice: EndpointSliceObject,
  allowPrivateOrigins: boolean,
  problems: Problem[],
): UsableSlice["endpoints"] {
  const usable: (readonly [string, Endpoint])[] = [];
  for (const [index, endpoint] of slice.endpoints.entries()) {
    const [address] = endpoint.addresses;
    if (address === undefined || !endpoint.ready) continue;
    const problem = originAddressProblem(address, { allowedCidrs: POD_RANGES, allowPrivateOrigins });
    if (problem === null) usable.push([address, endpoint]);
    else {
      const message = `Cannot send anything to ${address}: it ${problem}`;
      const field = `endpoints[${index}].addresses[0]`;
      problems.push(problemOf("warning", "ForbiddenAddress", null, slice.meta, field, message));
    }
  }
  return usable;
}

function podsOf(service: ServiceObject, port: ServicePort, slices: readonly UsableSlice[]): readonly Pod[] {
  const { namespace, name } = service.meta;
  const protocol = port.appProtocol === "https" || port.name === "https" ? "https" : "http";
  // The name that certificates of a Service are made for, since a pod's address is in none.
  const serverName = protocol === "https" ? `${name}.${namespace}.svc` : null;
  const pods = new Map<string, Pod>();
  for (const { slice, endpoints } of slices) {
    const number = slicePort(slice, port);
    if (number === null || number === 0) continue;
    for (const [connectHost, { zone }] of endpoints) {
      const origin: Origin = {
        connectHost,
        port: number,
        protocol,
        serverName,
        ca: null,
        host: "public",
        // A pod's address is private by nature; this one and no other.
        allowedCidrs: [connectHost],
        signed: false,
      };
      // An endpoint may stand in two slices while it moves from one to the other.
      pods.set(`${connectHost} ${number}`, { origin, zone });
    }
  }
  const all = [...pods].sort(([a], [b]) => compareText(a, b)).map(([, pod]) => pod);
  // A dual-stack Service has a slice of each family for the same pods: one family, or each pod would count twice.
  const first = all.filter(({ origin }) => !origin.connectHost.includes(":"));
  return first.length > 0 ? first : all;
}
