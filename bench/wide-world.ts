/** A large federation, made in memory: federated Ingresses, and a Service with one pod for each in many clusters. */
import type { EndpointSliceObject, IngressObject, Observation, ServiceObject } from "../src/core/objects.ts";
import { meta, observation } from "../test/build/objects.ts";

const NAMESPACES = 100;

const namespaceOf = (index: number) => `team-${index % NAMESPACES}`;

export function ingress(index: number): IngressObject {
  const path = { path: "/", pathType: "Prefix" as const, backend: { service: `shop-${index}`, port: "80" } };
  const rules = [{ host: `shop-${index}.example.org`, paths: [path] }];
  const common = { className: null, defaultBackend: null, tls: [], loadBalancer: [] };
  return { meta: meta("Ingress", `shop-${index}`, { namespace: namespaceOf(index) }), rules, ...common };
}

function service(index: number): ServiceObject {
  const ports = [{ name: null, port: 80, targetPort: "8080", protocol: "TCP", appProtocol: null }];
  return {
    meta: meta("Service", `shop-${index}`, { namespace: namespaceOf(index) }),
    type: "ClusterIP",
    headless: false,
    ports,
    loadBalancer: [],
  };
}

/** The slice of a Service in one cluster. Each pod has an address of its own. */
export function slice(cluster: number, index: number, ready = true): EndpointSliceObject {
  const addresses = [`10.${cluster}.${index >> 8}.${index & 255}`];
  return {
    meta: meta("EndpointSlice", `shop-${index}-a`, { namespace: namespaceOf(index) }),
    service: `shop-${index}`,
    ports: [{ name: null, port: 8080 }],
    endpoints: [{ addresses, ready, zone: null, hostname: null }],
  };
}

export interface WideWorld {
  readonly config: Observation;
  readonly members: readonly Observation[];
}

/** So many hosts over so many clusters, each Service in `present` of them. */
export function wideWorld(hosts: number, clusters: number, present: number): WideWorld {
  const indices = Array.from({ length: hosts }, (_, index) => index);
  const names = Array.from({ length: clusters }, (_, index) => `c${index}`);
  const config = observation(null, {
    ingresses: indices.map(ingress),
    clusters: names.map((name, index) => ({
      meta: meta("Cluster", name, { namespace: "" }),
      provider: null,
      region: null,
      zone: null,
      location: { latitude: (index % 120) - 60, longitude: ((index * 37) % 340) - 170 },
      residency: [],
      weight: 100,
      bias: 0,
      capacity: null,
      ramp: null,
      drain: null,
      limits: null,
      gateway: null,
      originCidrs: [],
      access: null,
    })),
  });
  const members = names.map((name, cluster) => {
    const held = indices.filter((index) => (index + cluster) % clusters < present);
    const objects = {
      services: held.map(service),
      endpointSlices: held.map((index) => slice(cluster, index)),
    };
    return observation(name, objects);
  });
  return { config, members };
}
