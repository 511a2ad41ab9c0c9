import type { Ramp, SlowStart } from "./policy.ts";

/**
 * Share that a cluster takes `sinceMs` after it came back: from `fromPercent` to all of it in a straight line (Envoy's
 * slow start with aggression 1; other exponents would need a power function, which engines round differently).
 */
export function slowStartShare({ windowMs, fromPercent }: SlowStart, sinceMs: number): number {
  if (sinceMs < 0 || sinceMs >= windowMs) return 1;
  return Math.max(fromPercent / 100, sinceMs / windowMs);
}

/** Share under a planned ramp: nothing new before it starts, `fromPercent` at its start, all of it at its end. */
export function rampShare({ startMs, durationMs, fromPercent }: Ramp, nowMs: number): number {
  const from = fromPercent / 100;
  if (nowMs <= startMs) return from;
  if (nowMs >= startMs + durationMs) return 1;
  return from + ((1 - from) * (nowMs - startMs)) / durationMs;
}
