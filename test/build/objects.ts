/** Builders of objects, observations and snapshots for tests: only what the assertion is about has to be said. */
import type {
  ClusterObject,
  EndpointSliceObject,
  HostClaimObject,
  IngressClassObject,
  IngressObject,
  KubeObjects,
  NodeObject,
  ObjectMeta,
  Observation,
  ServiceExportObject,
  ServiceObject,
} from "../../src/core/objects.ts";

export function meta(kind: string, name: string, more: Partial<ObjectMeta> = {}): ObjectMeta {
  return {
    kind,
    apiVersion: "v1",
    namespace: "default",
    name,
    uid: null,
    resourceVersion: null,
    createdMs: 0,
    annotations: {},
    labels: {},
    position: null,
    ...more,
  };
}

export interface IngressParts extends Partial<Omit<IngressObject, "meta">> {
  readonly meta?: Partial<ObjectMeta>;
}

export function ingress(name: string, { meta: metaParts = {}, ...more }: IngressParts = {}): IngressObject {
  return {
    meta: meta("Ingress", name, metaParts),
    className: null,
    defaultBackend: null,
    rules: [],
    tls: [],
    loadBalancer: [],
    ...more,
  };
}

export function rule(
  host: string,
  path: string,
  service: string,
  pathType: "Exact" | "Prefix" = "Prefix",
): IngressObject["rules"][number] {
  return { host, paths: [{ path, pathType, backend: { service, port: "80" } }] };
}

export function ingressClass(name: string, controller: string): IngressClassObject {
  return { meta: meta("IngressClass", name, { namespace: "" }), controller, isDefault: false };
}

export function service(name: string, more: Partial<ServiceObject> & { namespace?: string } = {}): ServiceObject {
  const { namespace = "default", ...rest } = more;
  return {
    meta: meta("Service", name, { namespace }),
    type: "ClusterIP",
    headless: false,
    ports: [{ name: null, port: 80, targetPort: "8080", protocol: "TCP", appProtocol: null }],
    loadBalancer: [],
    ...rest,
  };
}

export function slice(
  serviceName: string,
  addresses: readonly string[],
  more: { ready?: boolean; port?: number } = {},
): EndpointSliceObject {
  return {
    meta: meta("EndpointSlice", `${serviceName}-x`),
    service: serviceName,
    ports: [{ name: null, port: more.port ?? 8080 }],
    endpoints: addresses.map((address) => ({
      addresses: [address],
      ready: more.ready ?? true,
      zone: null,
      hostname: null,
    })),
  };
}

/** Pods of a StatefulSet: each host name with its address. */
export function podSlice(
  serviceName: string,
  pods: Readonly<Record<string, string>>,
  more: { ready?: (hostname: string) => boolean } = {},
): EndpointSliceObject {
  return {
    ...slice(serviceName, []),
    ports: [{ name: "sql", port: 5432 }],
    endpoints: Object.entries(pods).map(([hostname, address]) => ({
      addresses: [address],
      ready: more.ready?.(hostname) ?? true,
      zone: null,
      hostname,
    })),
  };
}

export function serviceExport(name: string, more: Partial<ObjectMeta> = {}): ServiceExportObject {
  return { meta: meta("ServiceExport", name, more) };
}

export function node(name: string, address: string, more: Partial<NodeObject> = {}): NodeObject {
  const isName = /[a-z]/.test(address);
  return {
    meta: meta("Node", name, { namespace: "" }),
    providerId: null,
    isReady: true,
    external: [{ ip: isName ? null : address, hostname: isName ? address : null }],
    ...more,
  };
}

export function cluster(name: string, more: Partial<ClusterObject> = {}): ClusterObject {
  return {
    meta: meta("Cluster", name, { namespace: "" }),
    provider: null,
    region: null,
    zone: null,
    location: { latitude: 33.2, longitude: -80 },
    residency: [],
    weight: 100,
    bias: 0,
    capacity: null,
    ramp: null,
    drain: null,
    limits: null,
    gateway: {
      connectHost: `${name}.origin.example.org`,
      port: 443,
      protocol: "https",
      serverName: null,
      ca: null,
      host: "public",
      signed: false,
    },
    originCidrs: [],
    access: null,
    ...more,
  };
}

export function hostClaim(
  name: string,
  hosts: readonly string[],
  namespaces: readonly string[],
  clusters: readonly string[] = [],
): HostClaimObject {
  return { meta: meta("HostClaim", name, { namespace: "" }), hosts, namespaces, clusters };
}

export function objects(more: Partial<KubeObjects> = {}): KubeObjects {
  return {
    ingresses: [],
    ingressClasses: [],
    services: [],
    endpointSlices: [],
    serviceExports: [],
    nodes: [],
    namespaces: [],
    clusters: [],
    trafficPolicies: [],
    hostClaims: [],
    ...more,
  };
}

export function observation(
  clusterName: string | null,
  held: Partial<KubeObjects> = {},
  more: Partial<Observation> = {},
): Observation {
  return {
    cluster: clusterName,
    reachable: true,
    complete: true,
    observedAtMs: 0,
    error: null,
    objects: objects(held),
    deleted: new Set(),
    problems: [],
    claimClassless: true,
    ...more,
  };
}
