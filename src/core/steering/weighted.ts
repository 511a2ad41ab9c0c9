/**
 * Clients in proportion to weight, wherever they are: each client draws for each cluster, the best draw wins, and the
 * rest of its list follows in the same way. A cluster that leaves moves only its own clients.
 */
import { pairHash, weightedScore } from "./hash.ts";
import { isEligible } from "./pool.ts";
import { readinessShare, timedShare } from "./shares.ts";
import { offer, tierOf, type Walk } from "./walk.ts";
import { note } from "./trace.ts";

/** Offers the eligible members of one tier. */
export function walkWeighted(walk: Walk, tier: number): void {
  const { pool } = walk;
  for (const [member, one] of pool.prepared.members.entries()) {
    if (!isEligible(pool, member) || tierOf(walk, member) !== tier) continue;
    const weight = one.terms.weight * timedShare(pool, walk.shares, member) * readinessShare(pool, member);
    const score = weightedScore(pairHash(pool.clientHash, one.hash), weight);
    if (pool.trace !== null) {
      note(
        pool.trace,
        one.cluster.name,
        "method",
        `weight ${round(weight)}, this client's draw ${round(score * 1000)} (least wins)`,
      );
    }
    offer(walk, member, score);
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
