/** What is believed about health, and what edges measure. Plain data as in `core/model.ts`. */
import type { GeoPoint, ServiceKey, Version } from "../model.ts";

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
    | "rolled-back"
    | "dns-changed"
    | "dns-held"
    | "dns-failing"
    | "dns-in-step";
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

/** Round-trips of one place, packed (`snapshot/round-trips.ts`). */
export interface PlaceTrips {
  readonly place: string;
  /** `cluster us samples observedAtMs`, and ` c` for a calibrated one; joined by commas, sorted. */
  readonly trips: string;
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
  readonly roundTrips: readonly PlaceTrips[];
  /** What all edges offer to each cluster, added up. */
  readonly offered: readonly ClusterLoad[];
  /** The newest changes, oldest first. */
  readonly events: readonly HealthEvent[];
  /** Beside a snapshot in parts, whose parts are each as old as their last change: what all of them are in step with. */
  readonly published?: Version | undefined;
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
