import type { Ranking } from "./ranking.ts";

/**
 * Least latency believes measurements alone: clusters that were measured from here come first, however far they are,
 * the others follow in order of distance, so that a cluster that nobody has measured yet can still be reached.
 */
export function leastLatencyTier(ranking: Ranking, cluster: number): number {
  return ranking.basis[cluster] === "measured" ? 0 : 1;
}
