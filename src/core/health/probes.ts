/**
 * What an edge makes of its probes: which there are, what they say, and when not to believe itself. Pure; the clock and
 * the sockets are the caller's (`edge/node/prober.ts`).
 */
import type { Cluster, HealthCheck, HostRoutes, Origin } from "../model.ts";
import type { ProbeState, ProbeTrack } from "./probe-state.ts";
import { addSample, DWELL_MS, hold, MIN_SAMPLES, newWindow, windowedMinimum } from "./round-trip.ts";
import { backendKey, originKey, roundTripKey } from "./view.ts";

/** One thing that is probed. */
export interface ProbeTarget {
  /** `originKey()`, or backend and origin for the health check of a Service. */
  readonly key: string;
  /** What a verdict is about: an `originKey()` or a `backendKey()`. */
  readonly subject: string;
  readonly cluster: string;
  readonly service: string | null;
  readonly origin: Origin;
  /** Null asks for a connection, and measures the round-trip. */
  readonly check: HealthCheck | null;
}

export interface ProbeResult {
  /** Null when it was good, otherwise what was not, in a few words. */
  readonly trouble: string | null;
  /** Whether there was a connection, with TLS where the origin has it. */
  readonly connected: boolean;
  /** The origin is on this very machine, behind a tunnel or for a trial: what it takes says nothing about a way. */
  readonly isLocal: boolean;
  /** Time to connect and time from a request to the head of its answer on an open connection; null without one. */
  readonly connectUs: number | null;
  readonly exchangeUs: number | null;
}

export interface ProbeChange {
  readonly what: "probe-down" | "probe-up";
  readonly subject: string;
  readonly cause: string;
  readonly sinceMs: number | null;
}

/** DESIGN.md: 2 up, 3 down, every 10 s. */
export const ORIGIN_PROBE = { intervalMs: 10_000, timeoutMs: 2000, rise: 2, fall: 3 } as const;
/** Beyond that many origins a fleet of edges shares the work better than one does. */
const MAX_TARGETS = 2000;
/** Below this many targets "most are down" says nothing. */
const MIN_TO_DISTRUST = 3;

/**
 * Every origin once, and every Service with a health check at each of its origins; in a fixed order. With a pause behind
 * each host, for a caller whose requests are not to wait for ten thousand of them.
 */
export function* probeTargetSteps(
  clusters: readonly Cluster[],
  hosts: readonly HostRoutes[],
): Generator<void, readonly ProbeTarget[], undefined> {
  const targets = new Map<string, ProbeTarget>();
  // All hosts of a cluster with a gateway have the same one.
  const seen = new Set<Origin>();
  const gateways = new Map(clusters.map((cluster) => [cluster.name, cluster.gateway]));
  const add = (cluster: string, origin: Origin, service: string | null, check: HealthCheck | null) => {
    if (service === null && seen.has(origin)) return;
    seen.add(origin);
    const own = originKey(cluster, origin);
    const subject = service === null ? own : backendKey(cluster, service);
    const key = service === null ? own : `${subject}|${own}`;
    targets.set(key, { key, subject, cluster, service, origin, check });
  };
  for (const host of hosts) {
    for (const { service, backends, healthCheck } of host.services) {
      for (const { cluster, origins } of backends) {
        const gateway = gateways.get(cluster) ?? null;
        for (const origin of origins ?? (gateway === null ? [] : [gateway])) {
          if (targets.size >= MAX_TARGETS) return [...targets.values()];
          add(cluster, origin, null, null);
          if (healthCheck !== null) add(cluster, origin, service, healthCheck);
        }
      }
    }
    yield;
  }
  return [...targets.values()];
}

/** Forgets what is no longer probed. */
export function keepTargets(state: ProbeState, targets: readonly ProbeTarget[]): void {
  const keys = new Set(targets.map((target) => target.key));
  for (const key of state.tracks.keys()) if (!keys.has(key)) state.tracks.delete(key);
  const clusters = new Set(targets.map((target) => target.cluster));
  for (const [key, { cluster }] of state.measured) if (!clusters.has(cluster)) state.measured.delete(key);
}

/** Takes one probe into account; returns the change of verdict, if there is one. */
export function recordProbe(
  state: ProbeState,
  target: ProbeTarget,
  result: ProbeResult,
  nowMs: number,
): ProbeChange | null {
  const track = trackOf(state, target.key);
  const us = target.check === null ? (result.exchangeUs ?? result.connectUs) : result.exchangeUs;
  if (us !== null && !result.isLocal) addSample(track.window, us, nowMs);
  const { rise, fall } = target.check ?? ORIGIN_PROBE;
  if (result.exchangeUs !== null) track.answers = true;
  const good = result.trouble === null || (target.check === null && result.connected && !track.answers);
  track.good = good ? track.good + 1 : 0;
  track.bad = good ? 0 : track.bad + 1;
  if (track.verdict === "unknown" && good) Object.assign(track, { verdict: "up", sinceMs: nowMs, cause: "good probe" });
  if (track.verdict !== "down" && track.bad >= fall) {
    return turn(track, target, "down", `${result.trouble ?? ""} ×${track.bad}`, nowMs);
  }
  if (track.verdict === "down" && track.good >= rise) {
    return turn(track, target, "up", `${track.good} good probes`, nowMs);
  }
  return null;
}

function turn(
  track: ProbeTrack,
  target: ProbeTarget,
  verdict: "up" | "down",
  cause: string,
  nowMs: number,
): ProbeChange {
  const sinceMs = track.verdict === "unknown" ? null : track.sinceMs;
  Object.assign(track, { verdict, sinceMs: nowMs, cause });
  return { what: verdict === "down" ? "probe-down" : "probe-up", subject: target.subject, cause, sinceMs };
}

/**
 * FM32: who sees most of the world down doubts his own uplink. Returns whether that changed. Judged over origins of at
 * least two clusters, since one cluster that is down may well be all there is of it.
 */
export function judgeItself(state: ProbeState, targets: readonly ProbeTarget[]): boolean {
  const origins = targets.filter((target) => target.check === null);
  const known = origins.filter((target) => (state.tracks.get(target.key)?.verdict ?? "unknown") !== "unknown");
  const down = known.filter((target) => state.tracks.get(target.key)?.verdict === "down");
  const clusters = new Set(down.map((target) => target.cluster));
  const all = new Set(origins.map((target) => target.cluster));
  const most = down.length * 2 > known.length && clusters.size * 2 > all.size;
  const looksDown = state.doubtsAt === "most" ? most : down.length === known.length;
  const distrusts = all.size >= 2 && known.length >= MIN_TO_DISTRUST && looksDown;
  const changed = distrusts !== state.distrustsItself;
  state.distrustsItself = distrusts;
  return changed;
}

/** Verdict of one target as it stands; `unknown` before the first. */
export function verdictOf(state: ProbeState, key: string): Pick<ProbeTrack, "verdict" | "sinceMs" | "cause"> {
  return state.tracks.get(key) ?? { verdict: "unknown", sinceMs: 0, cause: "" };
}

/** Brings the round-trip in use of one cluster up to date; true when what a decision sees has changed. */
export function measureCluster(
  state: ProbeState,
  place: string,
  cluster: string,
  { targets, nowMs, dwellMs = DWELL_MS }: { targets: readonly ProbeTarget[]; nowMs: number; dwellMs?: number },
): boolean {
  // An answer to a health check goes the whole way; a connection may end at a load balancer around the corner.
  const best = least(state, targets, cluster, true, nowMs) ?? least(state, targets, cluster, false, nowMs);
  const key = roundTripKey(place, cluster);
  const before = state.measured.get(key);
  if (best === null) return before === undefined ? false : state.measured.delete(key);
  const held = hold(state.held.get(key) ?? null, best.us, { nowMs, dwellMs });
  state.held.set(key, held);
  const samples = Math.max(best.samples, MIN_SAMPLES);
  state.measured.set(key, { place, cluster, us: held.us, samples, observedAtMs: best.observedAtMs, basis: "measured" });
  return before === undefined || before.us !== held.us;
}

function least(
  state: ProbeState,
  targets: readonly ProbeTarget[],
  cluster: string,
  checked: boolean,
  nowMs: number,
): ReturnType<typeof windowedMinimum> {
  let best: ReturnType<typeof windowedMinimum> = null;
  for (const target of targets) {
    if (target.cluster !== cluster || (target.check !== null) !== checked) continue;
    const window = state.tracks.get(target.key)?.window;
    const one = window === undefined ? null : windowedMinimum(window, nowMs);
    if (one !== null && (best === null || one.us < best.us)) best = one;
  }
  return best;
}

function trackOf(state: ProbeState, key: string): ProbeTrack {
  const known = state.tracks.get(key);
  if (known !== undefined) return known;
  const track: ProbeTrack = {
    good: 0,
    bad: 0,
    verdict: "unknown",
    sinceMs: 0,
    cause: "",
    window: newWindow(),
    answers: false,
  };
  state.tracks.set(key, track);
  return track;
}
