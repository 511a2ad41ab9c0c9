/** A request, its client, and the decision about it. Plain data as in `model.ts`. */
import type { CircuitLimits } from "./health/circuit.ts";
import type { GeoPoint, Origin, RouteAsks, ServiceKey } from "./model.ts";
import type { Hold } from "./steering/held.ts";

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
  /** How much may be under way at each of its origins. */
  readonly limits: CircuitLimits;
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
  /** The only method that the route takes; null for all. */
  readonly method: string | null;
}

export interface ForwardDecision {
  readonly action: "forward";
  readonly route: RouteRef;
  /** Canonical host of the request, without port. */
  readonly host: string;
  /** The target the origin is asked for: the very bytes that were matched, and the query. */
  readonly forwardPath: string;
  readonly timeoutMs: number;
  readonly asks: RouteAsks;
  readonly candidates: readonly Candidate[];
  readonly excluded: readonly Exclusion[];
  readonly panic: boolean;
  readonly vantage: Vantage;
  /** Clusters that came first and passed this client on for want of capacity: they were offered it all the same. */
  readonly passedBy: readonly string[];
  /** Null when the host has no cookie affinity; signed by the edge, since WebCrypto is asynchronous. */
  readonly setPin: PinOrder | null;
  /** What the edge is to hold its choice to; null for edges without a place of their own, and where clients differ. */
  readonly hold: Hold | null;
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
