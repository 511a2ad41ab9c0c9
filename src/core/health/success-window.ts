/** How many of the latest answers were good: ten seconds in ten buckets, so that what begins now is seen in a second. */

const BUCKETS = 10;
const BUCKET_MS = 1000;

/** Ring of buckets; `firstMs` is the beginning of the newest. */
export interface SuccessWindow {
  newestMs: number;
  readonly good: number[];
  readonly all: number[];
}

/** An empty window. */
export function newSuccessWindow(): SuccessWindow {
  return { newestMs: 0, good: Array.from({ length: BUCKETS }, () => 0), all: Array.from({ length: BUCKETS }, () => 0) };
}

/** Takes one answer into account. */
export function countAnswer(window: SuccessWindow, good: boolean, nowMs: number): void {
  turn(window, nowMs);
  window.all[0] = (window.all[0] ?? 0) + 1;
  if (good) window.good[0] = (window.good[0] ?? 0) + 1;
}

/** The youngest whole buckets that hold at least `volume` answers; null when ten seconds hold fewer. */
export function latestAnswers(
  window: SuccessWindow,
  volume: number,
  nowMs: number,
): { readonly good: number; readonly all: number; readonly seconds: number } | null {
  turn(window, nowMs);
  let [good, all] = [0, 0];
  for (let index = 0; index < BUCKETS; index += 1) {
    good += window.good[index] ?? 0;
    all += window.all[index] ?? 0;
    if (all >= volume) return { good, all, seconds: index + 1 };
  }
  return null;
}

/** Forgets everything, as after what was broken has come back. */
export function clearWindow(window: SuccessWindow): void {
  window.good.fill(0);
  window.all.fill(0);
}

function turn(window: SuccessWindow, nowMs: number): void {
  const steps = Math.min(BUCKETS, Math.floor((nowMs - window.newestMs) / BUCKET_MS));
  if (steps <= 0) return;
  for (const counts of [window.good, window.all]) {
    counts.splice(BUCKETS - steps, steps);
    counts.unshift(...Array.from({ length: steps }, () => 0));
  }
  window.newestMs = nowMs - (nowMs % BUCKET_MS);
}
