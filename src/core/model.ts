/**
 * The words of Portolan as types: configuration here, health in `health/model.ts`, requests and answers in
 * `decision.ts`. All of it is plain data: it can be printed, stored, compared and replayed. Where a value may be missing
 * it is `null`, never `undefined`, so that a snapshot has one spelling only.
 */

import type { CircuitSettings } from "./health/circuit.ts";
import type { Ramp, SteeringPolicy } from "./steering/policy.ts";

/** A place on Earth in degrees, WGS 84: latitude −90…90, longitude −180…180. */
export interface GeoPoint {
  readonly latitude: number;
  readonly longitude: number;
}

/** Identity of a service port everywhere: `namespace/service/port`, the port as the rule wrote it (number or name). */
export type ServiceKey = string;

/** One Kubernetes cluster that may serve requests. */
export interface Cluster {
  readonly name: string;
  /** Provider and region together key the regions table: `eu-west-1` is Dublin on AWS and London on Alibaba. */
  readonly provider: string | null;
  readonly region: string | null;
  readonly zone: string | null;
  /** Resolved place; null when nobody could say, which makes the cluster the last choice of a distance policy. */
  readonly location: GeoPoint | null;
  /** Groups that a residency rule may ask for, sorted. */
  readonly residency: readonly string[];
  /** Share of traffic, 0…1000; 0 drains and holds even in a panic. */
  readonly weight: number;
  /** -99…99: its costs count as ms · (1 − bias/100). */
  readonly bias: number;
  /** Requests a second that it may be sent before its clients spill over to the next; null for no limit. */
  readonly capacity: number | null;
  readonly ramp: Ramp | null;
  /** With weight 0: pinned clients stay until then; null lets no pin count. */
  readonly drainUntilMs: number | null;
  /** How much an edge may have under way at one of its origins; null for the defaults. */
  readonly limits: CircuitSettings | null;
  /** Where bytes for this cluster go; null when each Service has an address of its own. */
  readonly gateway: Origin | null;
}

/** Where bytes for a cluster go. */
export interface Origin {
  readonly connectHost: string;
  readonly port: number;
  readonly protocol: "http" | "https";
  /** TLS SNI and the name that the certificate must hold; null means `connectHost`. */
  readonly serverName: string | null;
  /** PEM bundle that replaces the runtime's roots; null means the runtime's own. */
  readonly ca: string | null;
  /** The Host that the origin sees: `public` (the client's), `origin` (`connectHost`), or a literal host name. */
  readonly host: string;
  /** Private ranges that `connectHost`, or what it resolves to, may lie in: of the cluster's `originCIDRs`, sorted. */
  readonly allowedCidrs: readonly string[];
  /** Each request carries the signed hop (`core/hop/hop.ts`): the origin is a `portolan gateway`. */
  readonly signed: boolean;
}

/** One service port in one cluster. */
export interface Backend {
  readonly cluster: string;
  /** Its own origins in a fixed order, or null for the cluster's gateway. */
  readonly origins: readonly Origin[] | null;
}

/** All backends of one service port, sorted by cluster name. */
export interface ServiceBackends {
  readonly service: ServiceKey;
  readonly backends: readonly Backend[];
  /** How edges ask whether a backend serves; null where connecting is all they try. */
  readonly healthCheck: HealthCheck | null;
}

/** An active probe of a Service, run by several edges against each of its origins. */
export interface HealthCheck {
  /** `http` wants a status and perhaps a text, `tls` a handshake with a valid certificate, `tcp` a connection. */
  readonly type: "http" | "tcp" | "tls";
  readonly path: string;
  /** Null for the host that the origin's rule gives. */
  readonly host: string | null;
  /** Null for the origin's own port. */
  readonly port: number | null;
  readonly status: { readonly from: number; readonly to: number };
  /** Text that the first 5,120 bytes of the body must contain; null for any body. */
  readonly body: string | null;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Good probes in a row until it is up again, bad ones until it is down. */
  readonly rise: number;
  readonly fall: number;
}

export type PathMatchType = "Exact" | "Prefix";

/** `Exact` compares text; `present` asks only that the name occurs. Header names are lower-case. */
export interface ValueMatch {
  readonly name: string;
  readonly value: string;
}

export interface WeightedBackend {
  readonly service: ServiceKey;
  readonly weight: number;
  /** Clusters whose rule this is (a direct Ingress); null for every member cluster that has the Service. */
  readonly clusters: readonly string[] | null;
}

/** What a route asks of a request before it is sent anywhere. */
export interface RouteAsks {
  /** Bytes of a body; null for no limit. */
  readonly maxBodyBytes: number | null;
  /** A plain request is sent to https instead of being served. */
  readonly httpsOnly: boolean;
}

/** Shaped like one match of an HTTPRoute rule, of which an Ingress path is a small part. */
export interface Route {
  readonly kind: "ingress" | "httproute";
  readonly namespace: string;
  readonly name: string;
  /** Creation of the object in ms since the epoch: the oldest object wins a tie. */
  readonly createdMs: number;
  readonly path: { readonly type: PathMatchType; readonly value: string };
  /** As the object wrote it: `Exact`, `Prefix`, `PathPrefix`, `ImplementationSpecific`; null for a default backend. */
  readonly pathType: string | null;
  readonly method: string | null;
  readonly headers: readonly ValueMatch[];
  readonly query: readonly ValueMatch[];
  readonly backends: readonly WeightedBackend[];
  /** Whole time for the request in ms, all tries included. */
  readonly timeoutMs: number;
  readonly asks: RouteAsks;
}

/** An object that gave a host its routes: where it was read, and its name. `cluster` is null for the config source. */
export interface ObjectSource {
  readonly cluster: string | null;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** Everything about one host; the unit that is sliced, hashed and verified alone. */
export interface HostRoutes {
  /** Canonical name, `*.example.org` for a wildcard, `*` for the rules without a host. */
  readonly host: string;
  /** Namespace that owns the host. */
  readonly owner: string;
  /** In order of precedence; the first that matches wins, default backends come last. */
  readonly routes: readonly Route[];
  readonly services: readonly ServiceBackends[];
  readonly policy: SteeringPolicy;
  readonly sources: readonly ObjectSource[];
}

/** Who owned a host that nobody asks for at the moment; held 24 h so that a recreated cluster takes nothing over. */
export interface HostReservation {
  readonly host: string;
  readonly owner: string;
  readonly releasedAtMs: number;
}

/** Operator's knowledge about client networks; the longest prefix wins, before any database. */
export interface LocationOverride {
  readonly cidr: string;
  readonly country: string | null;
  readonly location: GeoPoint | null;
}

/** Configuration only: what edges need to decide and forward. Immutable; the same input gives the same bytes. */
export interface Snapshot {
  readonly clusters: readonly Cluster[];
  readonly hosts: readonly HostRoutes[];
  readonly reservations: readonly HostReservation[];
  readonly locationOverrides: readonly LocationOverride[];
}

/** Version order of snapshots: epoch first, then generation. */
export interface Version {
  readonly epoch: number;
  readonly generation: number;
}
