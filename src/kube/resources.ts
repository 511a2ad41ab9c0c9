/** What APIs are asked for. */

/** A resource that is listed and watched, cluster-wide. A Secret never is. */
export interface ReadResource {
  readonly kind: string;
  readonly path: string;
  /** An API without it is read completely all the same, and asked again now and then. */
  readonly optional?: boolean;
}

/** What a member cluster is asked for. */
export const MEMBER_RESOURCES: readonly ReadResource[] = [
  { kind: "Ingress", path: "/apis/networking.k8s.io/v1/ingresses" },
  { kind: "IngressClass", path: "/apis/networking.k8s.io/v1/ingressclasses" },
  { kind: "Service", path: "/api/v1/services" },
  { kind: "EndpointSlice", path: "/apis/discovery.k8s.io/v1/endpointslices" },
  { kind: "ServiceExport", path: "/apis/multicluster.x-k8s.io/v1alpha1/serviceexports", optional: true },
  { kind: "Node", path: "/api/v1/nodes", optional: true },
  { kind: "Namespace", path: "/api/v1/namespaces", optional: true },
];

/** What a config cluster is asked for: federated objects, and ours. */
export const CONFIG_RESOURCES: readonly ReadResource[] = [
  { kind: "Ingress", path: "/apis/networking.k8s.io/v1/ingresses" },
  { kind: "Cluster", path: "/apis/portolan.dev/v1alpha1/clusters" },
  { kind: "TrafficPolicy", path: "/apis/portolan.dev/v1alpha1/trafficpolicies" },
  { kind: "HostClaim", path: "/apis/portolan.dev/v1alpha1/hostclaims" },
];
