/**
 * The words of Portolan as types. Everything here is plain data: it can be printed, stored, compared and replayed.
 * Where a value may be missing it is `null`, never `undefined`, so that a snapshot has one spelling only.
 */

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

export interface BackendHealth {
  readonly cluster: string;
  readonly service: ServiceKey;
  /** Ready endpoints; 0 is "not serving". */
  readonly ready: number;
  readonly total: number;
}

/** Ready counts of all backends, packed (`snapshot/backend-counts.ts`): `ready/total` by service, joined by commas. */
export interface BackendCounts {
  readonly services: readonly ServiceKey[];
  readonly clusters: readonly { readonly cluster: string; readonly counts: string }[];
}

export interface ClusterHealth {
  readonly cluster: string;
  /** Whether the cluster's API answers; says nothing about whether the cluster serves. */
  readonly api: "reachable" | "unreachable";
  readonly sinceMs: number;
  readonly cause: string | null;
}

export interface OriginHealth {
  readonly cluster: string;
  /** `originKey()` of the origin. */
  readonly origin: string;
  readonly verdict: "up" | "down";
  readonly sinceMs: number;
  readonly cause: string;
}

/** What probes of a Service say, apart from the readiness that its cluster reports. */
export interface BackendVerdict {
  readonly cluster: string;
  readonly service: ServiceKey;
  readonly verdict: "up" | "down";
  readonly sinceMs: number;
  readonly cause: string;
}

/** A change of what is believed, kept in bounded rings so that its cause can be read later. */
export interface HealthEvent {
  readonly atMs: number;
  /** Edge that saw it, or `control`. */
  readonly by: string;
  readonly what:
    | "ejected"
    | "returned"
    | "probe-down"
    | "probe-up"
    | "distrusts-itself"
    | "trusts-itself"
    | "origin-down"
    | "origin-up"
    | "backend-down"
    | "backend-up"
    | "api-unreachable"
    | "api-reachable"
    | "moved"
    | "published"
    | "drained"
    | "approved"
    | "rolled-back";
  /** Origin, backend, cluster, or host that it is about. */
  readonly subject: string;
  readonly cause: string;
  /** Since when the state that ended had held; null when nobody knows. */
  readonly sinceMs: number | null;
  /** For `moved`: who went where, and what it costs; null otherwise. */
  readonly move: { readonly from: string; readonly to: string; readonly costUs: number } | null;
}

/** What an edge measured itself. */
export interface MeasuredRoundTrip {
  readonly cluster: string;
  /** Windowed minimum in whole microseconds. */
  readonly us: number;
  readonly samples: number;
  readonly observedAtMs: number;
}

export interface RoundTrip {
  /** Name of the edge's place. */
  readonly place: string;
  readonly cluster: string;
  /** Windowed minimum in whole microseconds. */
  readonly us: number;
  /** 0 for a calibrated one. */
  readonly samples: number;
  readonly observedAtMs: number;
  /** `calibrated`: nobody measured this pair, others did (docs/measurement.md). */
  readonly basis: "measured" | "calibrated";
}

/** Requests a second that were offered to a cluster, whether it took them or passed them on. */
export interface ClusterLoad {
  readonly cluster: string;
  readonly perSecond: number;
}

/** What control believes about health. Apart from the Snapshot: never staged, never rolled back; expired = unknown. */
export interface HealthOverlay {
  readonly observedAtMs: number;
  readonly validForMs: number;
  readonly clusters: readonly ClusterHealth[];
  readonly backends: BackendCounts;
  readonly origins: readonly OriginHealth[];
  readonly verdicts: readonly BackendVerdict[];
  readonly roundTrips: readonly RoundTrip[];
  /** What all edges offer to each cluster, added up. */
  readonly offered: readonly ClusterLoad[];
  /** The newest changes, oldest first. */
  readonly events: readonly HealthEvent[];
}

/** From an edge to control: lossy, expiring, never needed for serving. */
export interface EdgeReport {
  readonly edge: string;
  readonly place: GeoPoint | null;
  readonly epoch: number;
  readonly generation: number;
  /** Content of the manifest in use, for people to compare. */
  readonly hash: string;
  readonly loadedAtMs: number;
  readonly reportedAtMs: number;
  readonly requests: number;
  /** Verdicts from probes and from real traffic. */
  readonly origins: readonly OriginHealth[];
  readonly verdicts: readonly BackendVerdict[];
  readonly roundTrips: readonly MeasuredRoundTrip[];
  readonly offered: readonly ClusterLoad[];
  readonly events: readonly HealthEvent[];
  /** Most of what it probes looks down to it: rather its own uplink than the world. */
  readonly distrustsItself: boolean;
}

/** Class of a client address; special-purpose ranges are named, everything else is `public`. */
export type AddressClass =
  | "public"
  | "private"
  | "cgnat"
  | "loopback"
  | "link-local"
  | "unique-local"
  | "documentation"
  | "benchmark"
  | "multicast"
  | "broadcast"
  | "unspecified"
  | "this-network"
  | "ietf-protocol"
  | "deprecated-6to4-relay"
  | "discard"
  | "reserved"
  | "invalid"
  | "none";

/** Where the client is, how well that is known, and who said so. `source: "none"` is an answer, not an error. */
export interface ClientLocation {
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly accuracyKm: number | null;
  /** ISO 3166-1 alpha-2, upper case. */
  readonly country: string | null;
  /** AF AN AS EU NA OC SA. */
  readonly continent: string | null;
  /** ISO 3166-2, `US-CA`. */
  readonly subdivision: string | null;
  readonly city: string | null;
  /** IANA name. */
  readonly timeZone: string | null;
  readonly asn: number | null;
  /** An anonymous address (VPN, Tor) is good for latency and never proves residence. */
  readonly anonymous: boolean;
  readonly source: "override" | "runtime" | "header" | "database" | "country" | "none";
}

/** The client as the trust chain shows it. */
export interface Client {
  /** Canonical text form, or null when no address is known. */
  readonly address: string | null;
  readonly class: AddressClass;
  readonly location: ClientLocation;
}

/** The place the bytes leave from: the edge's when it knows its own, otherwise the client's. */
export interface Vantage {
  readonly of: "edge" | "client" | "nowhere";
  /** Name under which control files measured round-trips; null without one. */
  readonly place: string | null;
  readonly point: GeoPoint | null;
}

/** A request as far as a decision needs it, before anything was normalised. */
export interface RequestFacts {
  readonly method: string;
  /** The Host field or authority as received. */
  readonly host: string;
  /** Origin-form target as received: path and query. */
  readonly target: string;
  /** Names in lower case, in order of arrival. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** A pin that the edge has verified: this client was sent to this cluster before, and the cookie says so. */
export interface VerifiedPin {
  /** Name of the cookie, which stands for the route (`pinCookie`). */
  readonly cookie: string;
  readonly cluster: string;
  readonly expiresAtMs: number;
}

/** What is true at the moment of the decision besides the request: nothing else may influence it. */
export interface Circumstances {
  readonly client: Client;
  readonly vantage: Vantage;
  readonly nowMs: number;
  /** Pins whose signature and host the edge has verified. */
  readonly pins: readonly VerifiedPin[];
  /** Requests a second that were offered to each cluster, taken or passed on, over the whole fleet; null when unknown. */
  readonly offered: ReadonlyMap<string, number> | null;
  /** Spreads requests over equal origins, over weighted backends, and those without a client address; 32-bit. */
  readonly seed: number;
}

export type CostBasis = "measured" | "calibrated" | "distance" | "none";

/** How the edge keeps a client where it is: it signs a cookie that names the cluster which answered. */
export interface PinOrder {
  readonly cookie: string;
  /** Cluster of the pin that the client has and that is good for a while yet; null when a new one is due. */
  readonly current: string | null;
  readonly expiresAtMs: number;
}

/** A cluster in the decision's ordered list. */
export interface Candidate {
  readonly cluster: string;
  readonly service: ServiceKey;
  /** Whole microseconds, so that comparisons are exact on every engine; before bias. */
  readonly costUs: number;
  readonly basis: CostBasis;
  /** Why this candidate is here although health says no; null for a healthy one. */
  readonly panic: string | null;
  /** In the order in which they are to be tried. */
  readonly origins: readonly Origin[];
}

export interface Exclusion {
  readonly cluster: string;
  readonly code:
    | "drained"
    | "not-serving"
    | "ejected"
    | "no-service"
    | "no-origin"
    | "not-in-rule"
    | "down"
    | "residency";
  readonly reason: string;
}

/** The route that won, in the words of the object that declared it. */
export interface RouteRef {
  /** `hop` is no object: an edge chose the backend, and the gateway takes its signed word. */
  readonly kind: "ingress" | "httproute" | "hop";
  readonly namespace: string;
  readonly name: string;
  readonly host: string;
  readonly path: string;
  readonly pathType: string | null;
  readonly service: string;
  readonly port: string;
  readonly why: string;
}

export interface ForwardDecision {
  readonly action: "forward";
  readonly route: RouteRef;
  /** Canonical host of the request, without port. */
  readonly host: string;
  /** The target the origin is asked for: the very bytes that were matched, and the query. */
  readonly forwardPath: string;
  readonly timeoutMs: number;
  readonly candidates: readonly Candidate[];
  readonly excluded: readonly Exclusion[];
  readonly panic: boolean;
  readonly vantage: Vantage;
  /** Clusters that came first and passed this client on for want of capacity: they were offered it all the same. */
  readonly passedBy: readonly string[];
  /** Null when the host has no cookie affinity; signed by the edge, since WebCrypto is asynchronous. */
  readonly setPin: PinOrder | null;
}

export interface RejectDecision {
  readonly action: "reject";
  readonly status: 400 | 404 | 421 | 451 | 503;
  /** Stable, for metrics and logs. */
  readonly code: "bad-host" | "bad-path" | "unknown-host" | "no-route" | "no-backend" | "residency";
  readonly reason: string;
  readonly route: RouteRef | null;
  readonly forwardPath: string | null;
  readonly excluded: readonly Exclusion[];
}

export interface RedirectDecision {
  readonly action: "redirect";
  readonly status: 301 | 302 | 307 | 308;
  readonly location: string;
  readonly route: RouteRef;
}

export interface RespondDecision {
  readonly action: "respond";
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  readonly route: RouteRef;
}

export type Decision = ForwardDecision | RejectDecision | RedirectDecision | RespondDecision;
