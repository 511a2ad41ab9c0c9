import type { Ramp } from "./policy.ts";

/** Share under a planned ramp: nothing new before it starts, `fromPercent` at its start, all of it at its end. */
export function rampShare({ startMs, durationMs, fromPercent }: Ramp, nowMs: number): number {
  const from = fromPercent / 100;
  if (nowMs <= startMs) return from;
  if (nowMs >= startMs + durationMs) return 1;
  return from + ((1 - from) * (nowMs - startMs)) / durationMs;
}
