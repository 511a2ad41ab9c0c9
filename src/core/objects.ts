/**
 * Kubernetes objects as Portolan reads them: the fields it uses, one shape whatever API version they came in.
 * Readers (`src/kube`) make these; `compile` consumes them. Missing values are null.
 */
import type { CircuitSettings } from "./health/circuit.ts";
import type { GeoPoint, HealthCheck } from "./model.ts";
import type { Ramp } from "./steering/policy.ts";
import type { SteeringSettings } from "./steering/settings.ts";

/** Where a person can find an object or a field of it: a file position, or the cluster's API. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface ObjectMeta {
  readonly kind: string;
  readonly apiVersion: string;
  /** `default` when a file says nothing; empty for cluster-scoped kinds. */
  readonly namespace: string;
  readonly name: string;
  readonly uid: string | null;
  readonly resourceVersion: string | null;
  /** ms since the epoch; 0 when the object does not say (files), which makes it the oldest. */
  readonly createdMs: number;
  readonly annotations: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly position: Position | null;
}

/** A service port by number or name, as text, in the spelling of the rule: `80`, `http`. */
export interface ServicePortRef {
  readonly service: string;
  readonly port: string;
}

export interface IngressPath {
  /** Empty when the object leaves it out (allowed in v1beta1 and for ImplementationSpecific). */
  readonly path: string;
  readonly pathType: "Exact" | "Prefix" | "ImplementationSpecific";
  readonly backend: ServicePortRef;
}

export interface IngressRule {
  /** Empty when the rule has no host. */
  readonly host: string;
  readonly paths: readonly IngressPath[];
}

/** An address of `status.loadBalancer.ingress`. Exactly one of the two is set. */
export interface LoadBalancerAddress {
  readonly ip: string | null;
  readonly hostname: string | null;
}

export interface IngressObject {
  readonly meta: ObjectMeta;
  /** `spec.ingressClassName`, else the annotation `kubernetes.io/ingress.class`, else null. */
  readonly className: string | null;
  readonly defaultBackend: ServicePortRef | null;
  readonly rules: readonly IngressRule[];
  readonly tls: readonly { readonly hosts: readonly string[]; readonly secretName: string | null }[];
  readonly loadBalancer: readonly LoadBalancerAddress[];
}

export interface IngressClassObject {
  readonly meta: ObjectMeta;
  readonly controller: string;
  readonly isDefault: boolean;
}

export interface ServicePort {
  readonly name: string | null;
  readonly port: number;
  /** Number or name of the container port, as text. */
  readonly targetPort: string;
  readonly protocol: string;
  /** `spec.ports[].appProtocol`. */
  readonly appProtocol: string | null;
  /** The port of every node that leads here; left out where there is none. */
  readonly nodePort?: number;
}

export interface ServiceObject {
  readonly meta: ObjectMeta;
  readonly type: string;
  /** `clusterIP: None`: its pods are its addresses. */
  readonly headless: boolean;
  /** `externalTrafficPolicy: Local`: only nodes with a ready pod answer from outside. */
  readonly isLocal?: boolean;
  readonly ports: readonly ServicePort[];
  readonly loadBalancer: readonly LoadBalancerAddress[];
}

export interface EndpointSliceObject {
  readonly meta: ObjectMeta;
  /** Label `kubernetes.io/service-name`; null makes the slice nobody's. */
  readonly service: string | null;
  readonly ports: readonly { readonly name: string | null; readonly port: number | null }[];
  readonly endpoints: readonly {
    readonly addresses: readonly string[];
    /** `conditions.ready`; absent means ready (discovery.k8s.io/v1). */
    readonly ready: boolean;
    readonly zone: string | null;
    /** The node that it runs on; left out where nobody says. */
    readonly node?: string;
    /** Name of the pod in its Service's domain: those of a StatefulSet have one. */
    readonly hostname: string | null;
  }[];
}

/** ServiceExport of the Multi-Cluster Services API: the Service of its name is for the whole clusterset. */
export interface ServiceExportObject {
  readonly meta: ObjectMeta;
}

/** A node, as far as bytes from outside can reach it. */
export interface NodeObject {
  readonly meta: ObjectMeta;
  readonly providerId: string | null;
  /** Whether it says so, and takes traffic from outside. */
  readonly isReady: boolean;
  /** ExternalIP and ExternalDNS addresses. */
  readonly external: readonly LoadBalancerAddress[];
}

export interface NamespaceObject {
  readonly meta: ObjectMeta;
}

/** `portolan.dev/v1alpha1` Cluster. */
export interface ClusterObject {
  readonly meta: ObjectMeta;
  readonly provider: string | null;
  readonly region: string | null;
  readonly zone: string | null;
  readonly location: GeoPoint | null;
  readonly residency: readonly string[];
  readonly weight: number;
  readonly bias: number;
  readonly capacity: number | null;
  readonly ramp: Ramp | null;
  /** Null for a cluster that is not being drained; a drain without a deadline ends all pins at once. */
  readonly drain: { readonly deadlineMs: number | null } | null;
  readonly limits: CircuitSettings | null;
  readonly gateway: {
    readonly connectHost: string;
    readonly port: number;
    readonly protocol: "http" | "https";
    readonly serverName: string | null;
    readonly ca: string | null;
    readonly host: string;
    readonly signed: boolean;
  } | null;
  /** Private ranges that backends of this cluster may have. */
  readonly originCidrs: readonly string[];
  /** Where control reads its API: a context of its kubeconfig, its own cluster, or an agent there. Null: nowhere, or from a folder. */
  readonly access: { readonly context: string } | "in-cluster" | "agent" | null;
}

/** `portolan.dev/v1alpha1` TrafficPolicy. */
export interface TrafficPolicyObject {
  readonly meta: ObjectMeta;
  /** Hosts it is for; empty for every host without a policy of its own. */
  readonly hosts: readonly string[];
  readonly steering: SteeringSettings;
  /** Of the Services behind its hosts, unless they say something of their own. */
  readonly healthCheck: HealthCheck | null;
  readonly clientLocations: readonly {
    readonly cidr: string;
    readonly country: string | null;
    readonly location: GeoPoint | null;
  }[];
}

/** `portolan.dev/v1alpha1` HostClaim: who may use which hosts, from which clusters. */
export interface HostClaimObject {
  readonly meta: ObjectMeta;
  readonly hosts: readonly string[];
  readonly namespaces: readonly string[];
  /** Empty for every cluster. */
  readonly clusters: readonly string[];
}

/** All objects of one source, each list sorted by namespace and name. */
export interface KubeObjects {
  readonly ingresses: readonly IngressObject[];
  readonly ingressClasses: readonly IngressClassObject[];
  readonly services: readonly ServiceObject[];
  readonly endpointSlices: readonly EndpointSliceObject[];
  readonly serviceExports: readonly ServiceExportObject[];
  readonly nodes: readonly NodeObject[];
  readonly namespaces: readonly NamespaceObject[];
  readonly clusters: readonly ClusterObject[];
  readonly trafficPolicies: readonly TrafficPolicyObject[];
  readonly hostClaims: readonly HostClaimObject[];
}

/** Something about an object that its owner should know. An error keeps the object (or the part named) out. */
export interface Problem {
  readonly severity: "error" | "warning";
  /** Stable word for the kind of problem, CamelCase, fit for an Event's reason. */
  readonly reason: string;
  /** Cluster whose object it is; null for the config source and for single files. */
  readonly cluster: string | null;
  /** `Ingress default/k8shserver`; empty when a file could not be read as objects at all. */
  readonly object: string;
  /** `spec.rules[0].http.paths[0].path`; empty for the object as a whole. */
  readonly field: string;
  /** What is wrong and what to do, one sentence, no full stop. */
  readonly message: string;
  readonly position: Position | null;
}

/** What one source said, and when, and whether it was read completely. */
export interface Observation {
  /** Cluster name, or null for the config source. */
  readonly cluster: string | null;
  /** False while the source cannot be read; `objects` are then the last ones known: unreachable is not empty. */
  readonly reachable: boolean;
  /** True once everything was read at least once. */
  readonly complete: boolean;
  readonly observedAtMs: number;
  readonly error: string | null;
  readonly objects: KubeObjects;
  /** `Kind/namespace/name` of objects whose deletion was observed, not merely absent after a new listing. */
  readonly deleted: ReadonlySet<string>;
  readonly problems: readonly Problem[];
  /** True for files: Ingresses without a class are ours there. */
  readonly claimClassless: boolean;
}

/** Key of an object inside its source, as in `Observation.deleted`. */
export function objectKey(kind: string, namespace: string, name: string): string {
  return `${kind}/${namespace}/${name}`;
}
