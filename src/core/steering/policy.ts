/**
 * The words of steering: how the candidates of one host are put in order, and what goes with it. Plain data like the
 * rest of `model.ts`, apart from it because a host's policy is read as a whole. Documented in docs/steering.md.
 */

import type { CircuitSettings } from "../health/circuit.ts";

/** Candidates within max(ms, percent of the best) count as equally near. */
export interface TieWindow {
  readonly ms: number;
  readonly percent: number;
}

/** How candidates are ordered before anything else is taken into account; each member is a file in `steering/`. */
export type SteeringMethod =
  | { readonly type: "nearest" }
  /** Measured round-trips alone; what nobody has measured comes after what somebody has. */
  | { readonly type: "least-latency" }
  /** Clients are divided by the clusters' weights, wherever they are. */
  | { readonly type: "weighted" }
  /** Tiers in order, nearest first inside each; clusters that no tier names come last. */
  | { readonly type: "failover"; readonly tiers: readonly (readonly string[])[] }
  | { readonly type: "geolocation"; readonly rules: readonly GeoRule[] };

/** Clients from these places are served by these clusters, nearest first. */
export interface GeoRule {
  /** Spelled as `parsePlace` reads them: `192.0.2.0/24`, `US-CA`, `DE`, `eu`, `continent:EU`, `*`. */
  readonly from: readonly string[];
  readonly clusters: readonly string[];
}

/** A named set of countries and subdivisions, sorted; in the snapshot so that every edge has the same version of it. */
export interface PlaceGroup {
  readonly name: string;
  readonly places: readonly string[];
}

/** A planned change of share: from `fromPercent` at `startMs` to all of it `durationMs` later. */
export interface Ramp {
  readonly startMs: number;
  readonly durationMs: number;
  readonly fromPercent: number;
}

/** What a host says about one cluster; null leaves what the Cluster says. */
export interface ClusterTerms {
  readonly cluster: string;
  readonly weight: number | null;
  /** -99…99: costs count as ms · (1 − bias/100), so that a larger bias attracts. */
  readonly bias: number | null;
  readonly ramp: Ramp | null;
  /** With weight 0: pinned clients stay until then. */
  readonly drainUntilMs: number | null;
}

/** Spill-over: how much of its share a cluster that is partly ready still takes. */
export interface SpillPolicy {
  /** A cluster with a share r of its endpoints ready takes min(1, r × this) of what it could take (Envoy: 1.4). */
  readonly overProvisioning: number;
  /** Whether ready endpoints alone move shares; declared capacity always does. */
  readonly byReadiness: boolean;
}

/** A cluster that comes back starts with `fromPercent` of its share and has all of it `windowMs` later. */
export interface SlowStart {
  readonly windowMs: number;
  readonly fromPercent: number;
}

/** Clients on the canary side try these clusters first, all others last. */
export interface Canary {
  readonly clusters: readonly string[];
  /** Share of clients, 0…100, by hash: the same client stays on its side, and a larger share only adds clients. */
  readonly percent: number;
  /** `always` and `never` in this header or cookie decide alone; with a `value`, that value means always. */
  readonly header: { readonly name: string; readonly value: string | null } | null;
  readonly cookie: { readonly name: string; readonly value: string | null } | null;
}

/** Clients from these places (everybody, if empty) stay within clusters that have one of these residency groups. */
export interface ResidencyRule {
  readonly from: readonly string[];
  readonly within: readonly string[];
}

/** A hard filter before distance, which holds in a panic too (DESIGN.md rule 10). */
export interface Residency {
  readonly rules: readonly ResidencyRule[];
  /** Clients whose place is not known or not proven: under all rules, under none, or as if from this place. */
  readonly unknownAs: string;
  readonly onNoCluster: "reject" | "allow";
  readonly status: 451 | 503;
}

export type Affinity =
  | { readonly type: "cookie"; readonly ttlMs: number }
  | { readonly type: "client-address" }
  | { readonly type: "header"; readonly name: string };

/** The answer that a host gives instead of being routed. */
export interface Maintenance {
  readonly status: number;
  readonly body: string;
  readonly contentType: string;
  readonly retryAfterSeconds: number | null;
  /** Null for no limit on that side. */
  readonly fromMs: number | null;
  readonly untilMs: number | null;
  /** Client networks that get through, so that the operators can look. */
  readonly except: readonly string[];
}

/** Everything about the order of one host's candidates. */
export interface SteeringPolicy {
  /** The object that chose it, `TrafficPolicy eu-only`, for explanations; null for the default. */
  readonly source: string | null;
  readonly method: SteeringMethod;
  readonly tieWindow: TieWindow;
  /** Sorted by cluster name. */
  readonly clusters: readonly ClusterTerms[];
  readonly spill: SpillPolicy;
  readonly slowStart: SlowStart | null;
  readonly canary: Canary | null;
  readonly residency: Residency | null;
  readonly affinity: Affinity | null;
  readonly maintenance: Maintenance | null;
  /** How much an edge may have under way at one origin; null for what the Cluster says. */
  readonly limits: CircuitSettings | null;
  /** The groups that `method` and `residency` name. */
  readonly groups: readonly PlaceGroup[];
}

/** Nearest with DESIGN.md's defaults: tie window 2 ms or 5 %, over-provisioning 1.4, 10 % to 100 % over 90 s. */
export const DEFAULT_POLICY: SteeringPolicy = {
  source: null,
  method: { type: "nearest" },
  tieWindow: { ms: 2, percent: 5 },
  clusters: [],
  spill: { overProvisioning: 1.4, byReadiness: false },
  slowStart: { windowMs: 90_000, fromPercent: 10 },
  canary: null,
  residency: null,
  affinity: null,
  maintenance: null,
  limits: null,
  groups: [],
};
