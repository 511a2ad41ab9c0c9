/** What a decision may know about health: control's overlay and this edge's own ejections, indexed. */
import type { BackendHealth, HealthOverlay, Origin, OriginHealth, RoundTrip, ServiceKey } from "../model.ts";

/** An origin taken out by outlier detection from real traffic. */
export interface Ejection {
  readonly sinceMs: number;
  readonly untilMs: number;
  /** How many times in a row; the time out grows with it. */
  readonly count: number;
  readonly cause: string;
}

/** Read-only index; built once per overlay, shared by all requests. */
export interface HealthView {
  /** The overlay's verdicts are unknown from here on, in ms since the epoch. */
  readonly expiresAtMs: number;
  readonly backends: ReadonlyMap<string, BackendHealth>;
  readonly origins: ReadonlyMap<string, OriginHealth>;
  /** Keyed by `place|cluster`. */
  readonly roundTrips: ReadonlyMap<string, RoundTrip>;
  /** Keyed by `originKey()`. */
  readonly ejections: ReadonlyMap<string, Ejection>;
  /** Clusters taken as down as a whole, with the cause: a person's "what if". */
  readonly down: ReadonlyMap<string, string>;
}

const NONE_DOWN: ReadonlyMap<string, string> = new Map();

/** Identity of an origin for health: the cluster, and where bytes go. */
export function originKey(cluster: string, origin: Origin): string {
  return `${cluster}|${origin.protocol}://${origin.connectHost}:${origin.port}`;
}

/** Identity of a backend for health. */
export function backendKey(cluster: string, service: ServiceKey): string {
  return `${cluster}|${service}`;
}

/** Key of a measured round-trip. */
export function roundTripKey(place: string, cluster: string): string {
  return `${place}|${cluster}`;
}

/** Indexes an overlay; null means that nothing is known, and unknown counts as available. */
export function healthView(
  overlay: HealthOverlay | null,
  ejections: ReadonlyMap<string, Ejection>,
  down: ReadonlyMap<string, string> = NONE_DOWN,
): HealthView {
  if (overlay === null) {
    return { expiresAtMs: 0, backends: new Map(), origins: new Map(), roundTrips: new Map(), ejections, down };
  }
  return {
    expiresAtMs: overlay.observedAtMs + overlay.validForMs,
    backends: new Map(overlay.backends.map((backend) => [backendKey(backend.cluster, backend.service), backend])),
    origins: new Map(overlay.origins.map((origin) => [origin.origin, origin])),
    roundTrips: new Map(overlay.roundTrips.map((trip) => [roundTripKey(trip.place, trip.cluster), trip])),
    ejections,
    down,
  };
}
