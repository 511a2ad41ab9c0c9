/** What a decision may know about health: control's overlay and this edge's own ejections, indexed. */
import type { BackendHealth, BackendVerdict, HealthOverlay, OriginHealth, RoundTrip } from "./model.ts";
import type { Origin, ServiceKey } from "../model.ts";
import type { Held } from "../steering/held.ts";
import { countsIndex } from "../snapshot/backend-counts.ts";
import { tripsIndex } from "../snapshot/round-trips.ts";

/** An origin taken out by outlier detection from real traffic. */
export interface Ejection {
  readonly sinceMs: number;
  readonly untilMs: number;
  /** How many times in a row; the time out grows with it. */
  readonly count: number;
  readonly cause: string;
}

/** As much of a map as a decision needs. */
export interface Lookup<T> {
  get(key: string): T | undefined;
}

/** Read-only index; built once per overlay, shared by all requests. */
export interface HealthView {
  /** The overlay's verdicts are unknown from here on, in ms since the epoch. */
  readonly expiresAtMs: number;
  /** Keyed by `backendKey()`. */
  readonly backends: Lookup<BackendHealth>;
  /** What probes of the Service say, by `backendKey()`: what a quorum of edges agrees on. */
  readonly verdicts: Lookup<BackendVerdict>;
  readonly origins: Lookup<OriginHealth>;
  /** Keyed by `place|cluster`: this edge's own before those of the overlay. */
  readonly roundTrips: Lookup<RoundTrip>;
  /** Requests a second that the fleet offers to each cluster. */
  readonly offered: ReadonlyMap<string, number>;
  /** Keyed by `originKey()` and `backendKey()`. */
  readonly ejections: ReadonlyMap<string, Ejection>;
  /** Clusters taken as down as a whole, with the cause: a person's "what if". */
  readonly down: ReadonlyMap<string, string>;
  /** What this edge chose before, by `Prepared.holdKey`: it does not leave it for a little. */
  readonly held: ReadonlyMap<string, Held>;
}

const NONE_DOWN: ReadonlyMap<string, string> = new Map();

/** Keys of the origins of snapshots: made and hashed once, not at every request. */
const ORIGIN_KEYS = new WeakMap<Origin, { readonly cluster: string; readonly key: string }>();

/** Identity of an origin for health: the cluster, and where bytes go. */
export function originKey(cluster: string, origin: Origin): string {
  const known = ORIGIN_KEYS.get(origin);
  if (known !== undefined && known.cluster === cluster) return known.key;
  const key = `${cluster}|${origin.protocol}://${origin.connectHost}:${origin.port}`;
  ORIGIN_KEYS.set(origin, { cluster, key });
  return key;
}

/** Identity of a backend for health. */
export function backendKey(cluster: string, service: ServiceKey): string {
  return `${cluster}|${service}`;
}

/** Key of a measured round-trip. */
export function roundTripKey(place: string, cluster: string): string {
  return `${place}|${cluster}`;
}

const NONE_MEASURED: ReadonlyMap<string, RoundTrip> = new Map();
const NONE_HELD: ReadonlyMap<string, Held> = new Map();

/**
 * Indexes an overlay; null means that nothing is known, and unknown counts as available. `measured` is what this edge
 * measured itself, which needs no control to be known.
 */
export function healthView(
  overlay: HealthOverlay | null,
  ejections: ReadonlyMap<string, Ejection>,
  down: ReadonlyMap<string, string> = NONE_DOWN,
  measured: ReadonlyMap<string, RoundTrip> = NONE_MEASURED,
  held: ReadonlyMap<string, Held> = NONE_HELD,
): HealthView {
  if (overlay === null) {
    const none = new Map<string, never>();
    return {
      expiresAtMs: 0,
      backends: none,
      origins: none,
      verdicts: none,
      roundTrips: measured,
      offered: none,
      ejections,
      down,
      held,
    };
  }
  const { backends, origins, verdicts, roundTrips } = overlay;
  return {
    expiresAtMs: overlay.observedAtMs + overlay.validForMs,
    backends: countsIndex(backends),
    origins: new Map(origins.map((origin) => [origin.origin, origin])),
    verdicts: new Map(verdicts.map((verdict) => [backendKey(verdict.cluster, verdict.service), verdict])),
    roundTrips: layered(measured, tripsIndex(roundTrips)),
    offered: new Map(overlay.offered.map(({ cluster, perSecond }) => [cluster, perSecond])),
    ejections,
    down,
    held,
  };
}

function layered<T>(first: ReadonlyMap<string, T>, second: Lookup<T>): Lookup<T> {
  return { get: (key) => first.get(key) ?? second.get(key) };
}
