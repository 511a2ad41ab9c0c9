import { type ApiObject, type ApiResource, apiResources, isMapping } from "./api-resources.ts";
import { backendHostname } from "./backends.ts";
import type { ObjectStore } from "./object-store.ts";

/** The backends that stand behind every Service of the cluster. */
export interface SliceBackends {
  readonly cluster: string;
  readonly zone: string;
  readonly ports: readonly number[];
}

/**
 * Plays the part of Kubernetes' EndpointSlice controller: each Service with a selector has slices as long as it exists.
 * There is one per backend, since all of them share an address and a slice has one set of ports. Returns what ends it.
 */
export function keepEndpointSlices(store: ObjectStore, backends: SliceBackends): () => void {
  const services = resourceOf("services");
  const slices = resourceOf("endpointslices");
  function write(service: ApiObject): void {
    for (const slice of slicesFor(service, backends)) {
      const { namespace = "", name } = slice.metadata;
      if (store.get(slices, namespace, name) === null) store.create(slices, slice);
      else store.update(slices, slice);
    }
  }
  for (const service of store.list(services, null)) write(service);
  return store.subscribe(({ type, plural, object }) => {
    if (plural !== services.plural) return;
    // Afterwards, so that every watch hears of the Service before it hears of its slices.
    queueMicrotask(() => {
      if (type !== "DELETED") return write(object);
      for (const { metadata } of slicesFor(object, backends))
        store.delete(slices, metadata.namespace ?? "", metadata.name);
    });
  });
}

function slicesFor({ metadata, spec }: ApiObject, { cluster, zone, ports }: SliceBackends): ApiObject[] {
  if (!isMapping(spec) || !isMapping(spec["selector"])) return [];
  const servicePorts: readonly unknown[] = Array.isArray(spec["ports"]) ? spec["ports"] : [];
  const { name, namespace = "default" } = metadata;
  return ports.map((port, index) => ({
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: `${name}-${index + 1}`,
      namespace,
      labels: {
        "kubernetes.io/service-name": name,
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
      },
    },
    addressType: "IPv4",
    endpoints: [
      {
        addresses: ["127.0.0.1"],
        conditions: { ready: true, serving: true, terminating: false },
        targetRef: { kind: "Pod", namespace, name: backendHostname(cluster, index) },
        zone,
      },
    ],
    ports: servicePorts.filter(isMapping).map((item) => ({ name: item["name"] ?? "", protocol: "TCP", port })),
  }));
}

function resourceOf(plural: string): ApiResource {
  const found = apiResources.find((resource) => resource.plural === plural);
  if (found === undefined) throw new RangeError(`Cannot find the resource ${plural}: the API server does not serve it`);
  return found;
}
