import type { KubeObjects } from "../core/objects.ts";
import { readCluster } from "./schema/cluster.ts";
import { endpointSliceVersions, readEndpointSlice } from "./schema/endpoint-slice.ts";
import { readHostClaim } from "./schema/host-claim.ts";
import { ingressVersions, readIngress } from "./schema/ingress.ts";
import { ingressClassVersions, readIngressClass } from "./schema/ingress-class.ts";
import type { Parsed } from "./schema/issues.ts";
import { readService, serviceVersions } from "./schema/service.ts";
import { readServiceExport, serviceExportVersions } from "./schema/service-export.ts";
import { namespaceVersions, readNamespace } from "./schema/namespace.ts";
import { nodeVersions, readNode } from "./schema/node.ts";
import { readTrafficPolicy } from "./schema/traffic-policy.ts";

/** An object together with the list of `KubeObjects` that it belongs to. */
export type KnownObject = {
  readonly [List in keyof KubeObjects]: { readonly list: List; readonly object: KubeObjects[List][number] };
}[keyof KubeObjects];

/** A kind that Portolan reads. */
export interface Kind {
  readonly kind: string;
  /** Spellings of `apiVersion` that are understood, newest first. */
  readonly apiVersions: readonly string[];
  readonly namespaced: boolean;
  /** Judges and converts a plain value of this kind; total. The result's `meta.position` is null. */
  read(value: unknown, strict: boolean): Parsed<KnownObject>;
}

const ours = ["portolan.dev/v1alpha1"];

/** Every kind that Portolan reads; each further one is a line here and a file in `schema/`. */
export const kinds: ReadonlyMap<string, Kind> = new Map(
  [
    kind("Ingress", ingressVersions, true, readIngress, (object) => ({ list: "ingresses", object })),
    kind("IngressClass", ingressClassVersions, false, readIngressClass, (object) => ({
      list: "ingressClasses",
      object,
    })),
    kind("Service", serviceVersions, true, readService, (object) => ({ list: "services", object })),
    kind("EndpointSlice", endpointSliceVersions, true, readEndpointSlice, (object) => ({
      list: "endpointSlices",
      object,
    })),
    kind("ServiceExport", serviceExportVersions, true, readServiceExport, (object) => ({
      list: "serviceExports",
      object,
    })),
    kind("Node", nodeVersions, false, readNode, (object) => ({ list: "nodes", object })),
    kind("Namespace", namespaceVersions, false, readNamespace, (object) => ({ list: "namespaces", object })),
    kind("Cluster", ours, false, readCluster, (object) => ({ list: "clusters", object })),
    kind("TrafficPolicy", ours, false, readTrafficPolicy, (object) => ({ list: "trafficPolicies", object })),
    kind("HostClaim", ours, false, readHostClaim, (object) => ({ list: "hostClaims", object })),
  ].map((entry) => [entry.kind, entry]),
);

function kind<Read>(
  name: string,
  apiVersions: readonly string[],
  namespaced: boolean,
  read: (value: unknown, strict: boolean) => Parsed<Read>,
  known: (object: Read) => KnownObject,
): Kind {
  return {
    kind: name,
    apiVersions,
    namespaced,
    read(value, strict) {
      const { value: object, findings } = read(value, strict);
      return { value: object === null ? null : known(object), findings };
    },
  };
}

/** The lists of one source from its objects, each sorted by namespace and name. */
export function kubeObjects(objects: Iterable<KnownObject>): KubeObjects {
  const lists: { [List in keyof KubeObjects]: KubeObjects[List][number][] } = {
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
  };
  for (const { list, object } of objects) (lists[list] as (typeof object)[]).push(object);
  for (const list of Object.values(lists)) list.sort(compareNames);
  return lists;
}

type AnyObject = KnownObject["object"];

/** By code unit, not by locale: the same objects give the same order on every machine. */
export function compareNames({ meta: a }: AnyObject, { meta: b }: AnyObject): number {
  if (a.namespace !== b.namespace) return a.namespace < b.namespace ? -1 : 1;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
