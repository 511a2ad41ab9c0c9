import type { Candidate, SteeringPolicy } from "../model.ts";
import { compareText } from "../match-route.ts";
import { rendezvousScore } from "./rendezvous.ts";

/**
 * Nearest first. Candidates within max(ms, percent) of the nearest of their group count as equally near and are
 * ordered by rendezvous hash of the client, so that two clusters in one city share its clients and each client stays.
 */
export function orderNearest(candidates: readonly Candidate[], policy: SteeringPolicy, clientKey: string): Candidate[] {
  // 1. cost; 2. name, so that equal costs never depend on the order of the input
  const sorted = [...candidates].sort((a, b) => a.costUs - b.costUs || compareText(a.cluster, b.cluster));
  for (let from = 0; from < sorted.length; ) {
    const best = sorted[from]?.costUs ?? 0;
    const limit = best + Math.max(policy.tieWindow.ms * 1000, (best * policy.tieWindow.percent) / 100);
    let to = from + 1;
    while (to < sorted.length && (sorted[to]?.costUs ?? 0) <= limit) to += 1;
    if (to - from > 1) sortGroup(sorted, from, to, clientKey);
    from = to;
  }
  return sorted;
}

function sortGroup(sorted: Candidate[], from: number, to: number, clientKey: string): void {
  const group = sorted
    .slice(from, to)
    .map((candidate) => ({ candidate, score: rendezvousScore(clientKey, candidate.cluster) }))
    .sort((a, b) => b.score - a.score || compareText(a.candidate.cluster, b.candidate.cluster));
  for (const [index, entry] of group.entries()) sorted[from + index] = entry.candidate;
}
