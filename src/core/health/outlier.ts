/**
 * Outlier detection: ejects an origin after consecutive connection failures seen in real traffic.
 * Defaults of DESIGN.md: 3 in a row, out for 30 s × times, at most 300 s. "At most half, never the last" holds in
 * `decide`, which goes on using ejected origins when too few others are left.
 */
import type { AttemptFailure, AttemptOutcome } from "../retry.ts";
import type { Ejection } from "./view.ts";

const FAILURES_TO_EJECT = 3;
const BASE_EJECTION_MS = 30_000;
const MAX_EJECTION_MS = 300_000;
/** Memory of how often an origin was ejected fades after this long without a new ejection. */
const FORGET_AFTER_MS = 600_000;

const OUR_OWN: ReadonlySet<AttemptFailure> = new Set<AttemptFailure>([
  "client-gone",
  "forbidden-address",
  "overloaded",
]);

interface Track {
  failures: number;
  ejectedTimes: number;
  lastEjectedMs: number;
}

/** Mutable state of one edge; the functions below are the only writers. */
export interface OutlierState {
  readonly tracks: Map<string, Track>;
  readonly ejections: Map<string, Ejection>;
}

export interface OutlierChange {
  readonly origin: string;
  readonly kind: "ejected" | "returned";
  readonly cause: string;
}

/** A state that knows nothing. */
export function newOutlierState(): OutlierState {
  return { tracks: new Map(), ejections: new Map() };
}

/** Takes one try into account; returns what changed, if anything. */
export function recordOutcome(
  state: OutlierState,
  origin: string,
  outcome: AttemptOutcome,
  nowMs: number,
): OutlierChange | null {
  if (outcome.type === "answered") return recordAnswer(state, origin, nowMs);
  // A client that leaves, and what we refuse ourselves, say nothing about the origin.
  if (OUR_OWN.has(outcome.failure)) return null;
  const track = trackOf(state, origin);
  track.failures += 1;
  const current = state.ejections.get(origin);
  if (track.failures < FAILURES_TO_EJECT || (current !== undefined && current.untilMs > nowMs)) return null;
  if (nowMs - track.lastEjectedMs > FORGET_AFTER_MS) track.ejectedTimes = 0;
  track.ejectedTimes += 1;
  track.lastEjectedMs = nowMs;
  const cause = `${outcome.failure} ×${track.failures}`;
  const untilMs = nowMs + Math.min(MAX_EJECTION_MS, BASE_EJECTION_MS * track.ejectedTimes);
  state.ejections.set(origin, { sinceMs: nowMs, untilMs, count: track.ejectedTimes, cause });
  return { origin, kind: "ejected", cause };
}

/** Ends an ejection early, as after two good probes. */
export function returnOrigin(state: OutlierState, origin: string, cause: string): OutlierChange | null {
  const track = state.tracks.get(origin);
  if (track !== undefined) track.failures = 0;
  if (!state.ejections.delete(origin)) return null;
  return { origin, kind: "returned", cause };
}

function recordAnswer(state: OutlierState, origin: string, nowMs: number): OutlierChange | null {
  const track = state.tracks.get(origin);
  if (track === undefined) return null;
  if (track.failures > 0) track.failures = 0;
  const ejection = state.ejections.get(origin);
  if (ejection === undefined) {
    if (nowMs - track.lastEjectedMs > FORGET_AFTER_MS) state.tracks.delete(origin);
    return null;
  }
  return returnOrigin(state, origin, "it answered");
}

function trackOf(state: OutlierState, origin: string): Track {
  const known = state.tracks.get(origin);
  if (known !== undefined) return known;
  const track = { failures: 0, ejectedTimes: 0, lastEjectedMs: 0 };
  state.tracks.set(origin, track);
  return track;
}
