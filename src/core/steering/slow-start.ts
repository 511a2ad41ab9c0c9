import type { SlowStart } from "./policy.ts";

/**
 * Share that a cluster takes `sinceMs` after it came back: from `fromPercent` to all of it in a straight line (Envoy's
 * slow start with aggression 1; other exponents would need a power function, which engines round differently).
 */
export function slowStartShare({ windowMs, fromPercent }: SlowStart, sinceMs: number): number {
  if (sinceMs < 0 || sinceMs >= windowMs) return 1;
  return Math.max(fromPercent / 100, sinceMs / windowMs);
}
