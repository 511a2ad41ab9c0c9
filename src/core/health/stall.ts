/**
 * Origins that take requests and answer none (FM37): nobody has to wait for a deadline to see it. An origin is stalled
 * when several requests wait there and none was answered for much longer than its answers usually take.
 */

interface Pace {
  /** Moving average of how long its answers take; null before the first. */
  usualMs: number | null;
  /** Since when requests have been waiting without any answer. */
  waitingSinceMs: number | null;
}

/** By `originKey()`. */
export type Paces = Map<string, Pace>;

const MIN_WAITING = 4;
// With the ticks that find it, a data path that was cut is left within a second of the cut.
const MIN_STALL_MS = 600;
const TIMES_THE_USUAL = 10;
const SMOOTHING = 0.1;

/** Takes an answer into account. */
export function notePace(paces: Paces, origin: string, durationMs: number, nowMs: number): void {
  const pace = paces.get(origin) ?? { usualMs: null, waitingSinceMs: null };
  pace.usualMs = pace.usualMs === null ? durationMs : pace.usualMs + SMOOTHING * (durationMs - pace.usualMs);
  if (pace.waitingSinceMs !== null) pace.waitingSinceMs = nowMs;
  paces.set(origin, pace);
}

/** For how long an origin with that many requests waiting has been stalled; null when it is not. Call it regularly. */
export function stalledForMs(paces: Paces, origin: string, waiting: number, nowMs: number): number | null {
  const pace = paces.get(origin);
  // Without an answer ever there is no usual: that is for deadlines and probes to judge.
  if (pace === undefined || pace.usualMs === null) return null;
  if (waiting === 0) {
    pace.waitingSinceMs = null;
    return null;
  }
  pace.waitingSinceMs ??= nowMs;
  const forMs = nowMs - pace.waitingSinceMs;
  const patienceMs = Math.max(MIN_STALL_MS, TIMES_THE_USUAL * pace.usualMs);
  return waiting >= MIN_WAITING && forMs >= patienceMs ? forMs : null;
}
