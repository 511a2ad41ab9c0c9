/**
 * Outlier detection: takes out what real traffic shows to be broken. Failures to connect or to answer count against an
 * origin, statuses 5xx against one Service there, since others behind the same address may well serve.
 *
 * | seen                                                        | ejected             |
 * |-------------------------------------------------------------|---------------------|
 * | 3 failures to connect, or to answer, in a row                | the origin          |
 * | 5 answers 5xx in a row                                       | the backend         |
 * | less than 80 % good of ≥ 20 in 10 s, and 10 points below its peers | the backend    |
 * | several requests wait, none was answered for long (`stall.ts`) | the origin         |
 * | health checks or connections of probes fail                  | what they were for  |
 *
 * Out for 30 s × times, at most 300 s, and earlier when probes succeed. Of a host's backends at most half is ejected for
 * its answers, and never the last; for dead origins `decide` goes on using ejected ones when too few others are left.
 */
import { clearWindow, countAnswer, latestAnswers, newSuccessWindow } from "./success-window.ts";
import type { AttemptFailure, AttemptOutcome } from "../retry.ts";
import type { EjectionKind, OutlierState, Track } from "./outlier-state.ts";

const FAILURES_TO_EJECT = 3;
const ERRORS_TO_EJECT = 5;
const BASE_EJECTION_MS = 30_000;
const MAX_EJECTION_MS = 300_000;
/** Memory of how often something was ejected fades after this long without a new ejection. */
const FORGET_AFTER_MS = 600_000;
/** What flaps is not let back by the first good probes: from the third time on it stays out a little longer each time. */
const DAMPED_FROM = 3;
const MAX_DAMPING_MS = 60_000;
/** Enough in ten seconds, and enough in a moment: 11 errors in 50 are one in 10⁵ where 5 % fail. */
const MIN_VOLUME = 20;
const QUICK_VOLUME = 50;
const MIN_SUCCESS = 0.8;
const PEER_MARGIN = 0.1;

const OUR_OWN: ReadonlySet<AttemptFailure> = new Set<AttemptFailure>([
  "client-gone",
  "forbidden-address",
  "overloaded",
]);

export interface OutlierChange {
  readonly origin: string;
  readonly kind: "ejected" | "returned";
  readonly cause: string;
  /** Since when the state that ends here had held; null when it always had. */
  readonly sinceMs: number | null;
}

/** Takes one try at an origin into account; returns what changed, if anything. */
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
  if (track.failures < FAILURES_TO_EJECT || isOut(state, origin, nowMs)) return null;
  const unreached = outcome.failure === "connect-timeout" ? "silent" : "connect";
  const kind = outcome.unsent ? unreached : "answer";
  return eject(state, origin, { kind, cause: `${outcome.failure} ×${track.failures}`, nowMs });
}

/** An answer of one Service in one cluster; what was never answered counts against its origin. `peers` are all backends of the decision, itself included. */
export function recordBackend(
  state: OutlierState,
  backend: string,
  answer: { readonly good: boolean; readonly status: number; readonly peers: readonly string[] },
  nowMs: number,
): OutlierChange | null {
  const track = trackOf(state, backend);
  countAnswer(track.window, answer.good, nowMs);
  track.errors = answer.good ? 0 : track.errors + 1;
  if (answer.good || isOut(state, backend, nowMs) || !mayEject(state, backend, answer.peers, nowMs)) return null;
  if (track.errors >= ERRORS_TO_EJECT) {
    return eject(state, backend, { kind: "status", cause: `status ${answer.status} ×${track.errors}`, nowMs });
  }
  const latest = latestAnswers(track.window, QUICK_VOLUME, nowMs) ?? latestAnswers(track.window, MIN_VOLUME, nowMs);
  if (latest === null) return null;
  const { good, all, seconds } = latest;
  const rate = good / all;
  if (rate >= MIN_SUCCESS) return null;
  const others = peerRate(state, backend, answer.peers, nowMs);
  if (others !== null && others < rate + PEER_MARGIN) return null;
  const than = others === null ? "" : `, its peers ${percent(others)}`;
  return eject(state, backend, {
    kind: "status",
    cause: `${percent(rate)} good of ${all} in ${seconds} s${than}`,
    nowMs,
  });
}

/** An origin that takes requests and answers none (`stall.ts`). */
export function ejectStalled(state: OutlierState, origin: string, cause: string, nowMs: number): OutlierChange | null {
  return isOut(state, origin, nowMs) ? null : eject(state, origin, { kind: "answer", cause, nowMs });
}

/** A probe's verdict, renewed with each failing one: it expires on its own when the probes stop. */
export function ejectByProbe(
  state: OutlierState,
  key: string,
  { cause, nowMs, untilMs }: { readonly cause: string; readonly nowMs: number; readonly untilMs: number },
): OutlierChange | null {
  const current = state.ejections.get(key);
  if (current !== undefined && current.untilMs > nowMs) {
    if (current.untilMs < untilMs) state.ejections.set(key, { ...current, untilMs });
    return null;
  }
  return eject(state, key, { kind: "probe", cause, nowMs, untilMs });
}

/** Until when what flaps stays out, whatever probes say. */
export function dampedUntilMs(state: OutlierState, key: string): number {
  const ejection = state.ejections.get(key);
  if (ejection === undefined || ejection.count < DAMPED_FROM) return 0;
  return ejection.sinceMs + Math.min(MAX_DAMPING_MS, state.dampingMs * (ejection.count - DAMPED_FROM + 1));
}

/** Ends an ejection early, as after two good probes; not while it is damped. */
export function returnOrigin(state: OutlierState, origin: string, cause: string, nowMs = 0): OutlierChange | null {
  const track = state.tracks.get(origin);
  if (track !== undefined) {
    track.failures = 0;
    track.errors = 0;
    clearWindow(track.window);
  }
  const ejection = state.ejections.get(origin);
  if (ejection === undefined || (nowMs !== 0 && nowMs < dampedUntilMs(state, origin))) return null;
  state.ejections.delete(origin);
  return { origin, kind: "returned", cause, sinceMs: ejection.sinceMs };
}

/** Ejections that ran out since the last call: they end without anybody's doing, and that is an event too. */
export function expireEjections(state: OutlierState, nowMs: number): readonly OutlierChange[] {
  const changes: OutlierChange[] = [];
  for (const [origin, ejection] of state.ejections) {
    if (ejection.untilMs > nowMs) continue;
    state.ejections.delete(origin);
    changes.push({ origin, kind: "returned", cause: "its time out is over", sinceMs: ejection.sinceMs });
  }
  return changes;
}

function recordAnswer(state: OutlierState, origin: string, nowMs: number): OutlierChange | null {
  const track = state.tracks.get(origin);
  if (track === undefined) return null;
  if (track.failures > 0) track.failures = 0;
  if (!state.ejections.has(origin)) return null;
  // What a probe of something else took out, an answer to a user's request does not bring back.
  return track.kind === "probe" ? null : returnOrigin(state, origin, "it answered", nowMs);
}

function eject(
  state: OutlierState,
  key: string,
  why: { readonly kind: EjectionKind; readonly cause: string; readonly nowMs: number; readonly untilMs?: number },
): OutlierChange {
  const { kind, cause, nowMs } = why;
  const track = trackOf(state, key);
  if (nowMs - track.lastEjectedMs > FORGET_AFTER_MS) track.ejectedTimes = 0;
  track.ejectedTimes += 1;
  track.lastEjectedMs = nowMs;
  track.kind = kind;
  const untilMs = why.untilMs ?? nowMs + Math.min(MAX_EJECTION_MS, BASE_EJECTION_MS * track.ejectedTimes);
  state.ejections.set(key, { sinceMs: nowMs, untilMs, count: track.ejectedTimes, cause });
  return { origin: key, kind: "ejected", cause, sinceMs: null };
}

/** At most half of the peers, and never the last. */
function mayEject(state: OutlierState, backend: string, peers: readonly string[], nowMs: number): boolean {
  const out = peers.filter((peer) => peer !== backend && isOut(state, peer, nowMs)).length;
  return out + 1 <= Math.floor(peers.length / 2);
}

/** Pooled share of good answers of the others that have enough of them; null when none has. */
function peerRate(state: OutlierState, backend: string, peers: readonly string[], nowMs: number): number | null {
  let [good, all] = [0, 0];
  for (const peer of peers) {
    const track = peer === backend ? undefined : state.tracks.get(peer);
    if (track === undefined) continue;
    const latest = latestAnswers(track.window, MIN_VOLUME, nowMs);
    good += latest?.good ?? 0;
    all += latest?.all ?? 0;
  }
  return all < MIN_VOLUME ? null : good / all;
}

function isOut(state: OutlierState, key: string, nowMs: number): boolean {
  const ejection = state.ejections.get(key);
  return ejection !== undefined && ejection.untilMs > nowMs;
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

function trackOf(state: OutlierState, key: string): Track {
  const known = state.tracks.get(key);
  if (known !== undefined) return known;
  const track: Track = {
    failures: 0,
    errors: 0,
    ejectedTimes: 0,
    lastEjectedMs: 0,
    kind: "connect",
    window: newSuccessWindow(),
  };
  state.tracks.set(key, track);
  return track;
}
