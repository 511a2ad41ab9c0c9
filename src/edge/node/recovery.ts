/**
 * When to probe: every origin and every health check at its interval with jitter, one probe of a target in flight, and
 * what is out much more often, so that a healed cluster is back within a second and not after 30.
 */
import { type EjectionKind, ejectionKind } from "../../core/health/outlier-state.ts";
import { ORIGIN_PROBE, type ProbeTarget } from "../../core/health/probes.ts";
import { originKey } from "../../core/health/view.ts";
import type { Edge } from "../edge.ts";
import type { Prober } from "./probe.ts";

const TICK_MS = 100;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 800;
/** DESIGN.md: two good probes make an origin healthy. */
const GOOD_PROBES = 2;
/** The first samples come faster, so that a new edge soon knows how far everything is. */
const EAGER_PROBES = 5;
const EAGER_MS = 1000;

export interface ProbeOptions {
  /** Shortens every interval to at most this, as on one machine; null leaves them as configured. */
  readonly intervalMs: number | null;
  /** Asks origins something in HTTP to measure them, as `portolan up` does, where only answers are delayed. */
  readonly exchange: boolean;
  readonly now: () => number;
  readonly random: () => number;
}

interface Schedule {
  dueMs: number;
  running: boolean;
  done: number;
  good: number;
  pauseMs: number;
}

/** Probes until `close`. */
export function probeOrigins(edge: Edge, prober: Prober, options: ProbeOptions): { close(): void } {
  const { now, random } = options;
  const schedules = new Map<string, Schedule>();
  let closed = false;
  let known: readonly ProbeTarget[] = [];
  const intervalOf = (target: ProbeTarget): number => {
    const configured = target.check?.intervalMs ?? ORIGIN_PROBE.intervalMs;
    return options.intervalMs === null ? configured : Math.min(configured, options.intervalMs);
  };
  edge.state.probeIntervalMs = options.intervalMs ?? ORIGIN_PROBE.intervalMs;
  // A world on one machine is broken and healed within seconds, and its edges have to follow within one.
  if (options.intervalMs !== null) edge.state.outliers.dampingMs = options.intervalMs;
  const longestPauseMs = Math.min(LONGEST_PAUSE_MS, (options.intervalMs ?? Number.POSITIVE_INFINITY) / 2);

  const timer = setInterval(() => {
    edge.tick();
    const { targets } = edge.state;
    if (targets !== known) follow(targets);
    const nowMs = now();
    for (const target of targets) {
      const schedule = schedules.get(target.key);
      if (schedule === undefined || schedule.running) continue;
      const out = outKey(target);
      // What was ejected since the last probe does not wait for the next one in turn.
      if (out !== null) schedule.dueMs = Math.min(schedule.dueMs, nowMs + schedule.pauseMs);
      if (schedule.dueMs <= nowMs) void run(target, schedule);
    }
  }, TICK_MS).unref();

  function follow(targets: readonly ProbeTarget[]): void {
    known = targets;
    const keys = new Set(targets.map((target) => target.key));
    for (const key of schedules.keys()) if (!keys.has(key)) schedules.delete(key);
    for (const target of targets) {
      // Spread over an interval: a hundred origins are not probed in one breath.
      const dueMs = now() + random() * Math.min(EAGER_MS, intervalOf(target));
      if (!schedules.has(target.key))
        schedules.set(target.key, { dueMs, running: false, done: 0, good: 0, pauseMs: FIRST_PAUSE_MS });
    }
  }
  async function run(target: ProbeTarget, schedule: Schedule): Promise<void> {
    schedule.running = true;
    // Only an answer proves that what did not answer does so again; otherwise no application is bothered.
    const asks = options.exchange || kindOf(target) === "answer";
    const result = await prober.probe(target, asks ? "exchange" : "connect");
    if (closed || schedules.get(target.key) !== schedule) return;
    schedule.running = false;
    schedule.done += 1;
    schedule.good = result.trouble === null || (target.check === null && result.connected) ? schedule.good + 1 : 0;
    edge.probed(target, result);
    const out = outKey(target);
    if (out !== null && schedule.good >= GOOD_PROBES && provesMore(target, out, result.exchangeUs !== null)) {
      edge.returnOrigin(out, `${GOOD_PROBES} good probes`);
    }
    schedule.dueMs = now() + pause(target, schedule, out !== null);
  }
  function pause(target: ProbeTarget, schedule: Schedule, out: boolean): number {
    if (out) {
      schedule.pauseMs = schedule.good > 0 ? FIRST_PAUSE_MS : Math.min(schedule.pauseMs * 2, longestPauseMs);
      return schedule.pauseMs;
    }
    schedule.pauseMs = FIRST_PAUSE_MS;
    const intervalMs = schedule.done < EAGER_PROBES ? Math.min(EAGER_MS, intervalOf(target)) : intervalOf(target);
    return intervalMs * (0.9 + 0.2 * random());
  }
  function kindOf(target: ProbeTarget): EjectionKind | null {
    const out = outKey(target);
    return out === null ? null : ejectionKind(edge.state.outliers, out);
  }
  /** What of a target is out: the Service that is checked, or the origin. */
  function outKey(target: ProbeTarget): string | null {
    const { ejections } = edge.state.outliers;
    if (ejections.has(target.subject)) return target.subject;
    const origin = originKey(target.cluster, target.origin);
    return ejections.has(origin) ? origin : null;
  }
  /** A connection brings back what could not be connected to, an answer what did not answer, a check what it checks. */
  function provesMore(target: ProbeTarget, out: string, answered: boolean): boolean {
    const kind = ejectionKind(edge.state.outliers, out);
    if (kind === "connect" || kind === "silent") return true;
    if (kind === "answer") return answered;
    if (kind === "status") return target.check?.type === "http" && target.subject === out;
    return kind === "probe";
  }
  return {
    close() {
      closed = true;
      clearInterval(timer);
      prober.close();
    },
  };
}
