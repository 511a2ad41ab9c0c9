/** What `portolan get` prints, as Kubernetes would have it: objects with metadata, spec and status. */
import type { LoadBalancerAddress } from "../objects.ts";

export const RESOURCES = ["clusters", "ingresses", "backends"] as const;
export type Resource = (typeof RESOURCES)[number];

export interface ItemMeta {
  /** Left out of kinds that have no namespace. */
  readonly namespace?: string;
  readonly name: string;
  /** RFC 3339; null when the object comes from a file that does not say. */
  readonly creationTimestamp: string | null;
}

export interface ClusterItem {
  readonly apiVersion: "portolan.dev/v1alpha1";
  readonly kind: "Cluster";
  readonly metadata: ItemMeta;
  readonly spec: {
    readonly provider: string | null;
    readonly region: string | null;
    readonly zone: string | null;
    readonly weight: number;
    readonly gateway: string | null;
  };
  readonly status: {
    /** Serves users, and its API answers. */
    readonly ready: "Ready" | "NotReady" | "Unknown";
    readonly api: "reachable" | "unreachable" | "unknown";
    readonly apiCause: string | null;
    readonly data: "serving" | "not-serving" | "drained" | "unknown";
    readonly dataCause: string | null;
    readonly backends: { readonly ready: number; readonly total: number };
    readonly lastChange: string | null;
  };
}

export interface IngressItem {
  readonly apiVersion: "networking.k8s.io/v1";
  readonly kind: "Ingress";
  readonly metadata: ItemMeta;
  readonly spec: {
    readonly ingressClassName: string | null;
    readonly hosts: readonly string[];
    readonly tls: boolean;
  };
  readonly status: {
    readonly loadBalancer: { readonly ingress: readonly { readonly ip?: string; readonly hostname?: string }[] };
    readonly handling: "federated" | "direct" | "adopted";
    /** Clusters that hold it; empty for the config source. */
    readonly clusters: readonly string[];
    /** Hosts of it that are served now. */
    readonly served: readonly string[];
    /** Hosts that no edge answers for yet, each with what it waits for. */
    readonly waiting: readonly string[];
  };
}

export interface BackendItem {
  readonly apiVersion: "portolan.dev/v1alpha1";
  readonly kind: "Backend";
  readonly metadata: ItemMeta;
  readonly spec: { readonly cluster: string; readonly port: string; readonly origins: readonly string[] };
  readonly status: { readonly ready: number; readonly total: number; readonly health: "up" | "down" | "unknown" };
}

export interface ResourceLists {
  readonly clusters: readonly ClusterItem[];
  readonly ingresses: readonly IngressItem[];
  readonly backends: readonly BackendItem[];
}

/** An address as `status.loadBalancer.ingress` has it. */
export function statusAddress({ ip, hostname }: LoadBalancerAddress): {
  readonly ip?: string;
  readonly hostname?: string;
} {
  if (ip !== null) return { ip };
  return hostname === null ? {} : { hostname };
}
