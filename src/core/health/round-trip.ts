/**
 * Round-trips from samples: a windowed minimum, since what is added to a path (queues, a busy origin) only makes it
 * longer; and a value in use that follows it with hysteresis, so that noise never moves anybody.
 */

export interface RoundTripWindow {
  /** Newest last, at most `WINDOW`. */
  samples: { readonly us: number; readonly atMs: number }[];
  /** Samples so far: the first says more about a cold start than about the way. */
  seen: number;
}

/** Min of 6 samples switches 0.5 times per 1,000 probes between equals, an average 85 times (reference/geo.md §4). */
const WINDOW = 6;
const MAX_AGE_MS = 600_000;
/** What makes a windowed minimum a measurement. */
export const MIN_SAMPLES = 3;

/** An empty window. */
export function newWindow(): RoundTripWindow {
  return { samples: [], seen: 0 };
}

/** Takes a sample; the very first is left out. */
export function addSample(window: RoundTripWindow, us: number, atMs: number): void {
  window.seen += 1;
  if (window.seen === 1) return;
  window.samples.push({ us, atMs });
  if (window.samples.length > WINDOW) window.samples.shift();
}

/** The windowed minimum; null while there are too few samples that are young enough. */
export function windowedMinimum(
  window: RoundTripWindow,
  nowMs: number,
): { readonly us: number; readonly samples: number; readonly observedAtMs: number } | null {
  const young = window.samples.filter((sample) => nowMs - sample.atMs <= MAX_AGE_MS);
  const newest = young.at(-1);
  if (newest === undefined || young.length < MIN_SAMPLES) return null;
  return {
    us: young.reduce((least, sample) => Math.min(least, sample.us), Number.MAX_SAFE_INTEGER),
    samples: young.length,
    observedAtMs: newest.atMs,
  };
}

export interface Held {
  readonly us: number;
  /** When it last moved. */
  readonly movedAtMs: number;
}

/** max(5 ms, 10 %): within it a new value is the old one (DESIGN.md). */
const HYSTERESIS_US = 5000;
const HYSTERESIS_SHARE = 0.1;
/** After a move the next waits this long: at most one change a minute, whatever the noise is like. */
export const DWELL_MS = 60_000;

/** The value in use after a new measurement. */
export function hold(held: Held | null, us: number, { nowMs, dwellMs }: { nowMs: number; dwellMs: number }): Held {
  if (held === null) return { us, movedAtMs: Number.NEGATIVE_INFINITY };
  const margin = Math.max(HYSTERESIS_US, HYSTERESIS_SHARE * held.us);
  if (Math.abs(us - held.us) <= margin || nowMs - held.movedAtMs < dwellMs) return held;
  return { us, movedAtMs: nowMs };
}
