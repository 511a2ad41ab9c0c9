/**
 * Clients in proportion to weight, wherever they are: each client draws for each cluster, the best draw wins, and the
 * rest of its list follows in the same way. A cluster that leaves moves only its own clients.
 */
import { pairHash, weightedScore } from "./hash.ts";
import { isBeyond } from "./ordered.ts";
import { isEligible } from "./pool.ts";
import { readinessShare, timedShare } from "./shares.ts";
import { offer, type Walk } from "./walk.ts";
import { note } from "./trace.ts";

/** Offers all eligible members: there are no tiers. */
export function walkWeighted(walk: Walk): void {
  const { pool } = walk;
  const { memberOf, members } = pool.prepared;
  const { hashes, weights } = pool.policy;
  for (let index = 0; index < memberOf.length; index += 1) {
    const member = memberOf[index] ?? -1;
    if (member === -1 || !isEligible(pool, member)) continue;
    if (walk.collected !== null) {
      offer(walk, member, { index, score: 0 });
      continue;
    }
    const share = timedShare(pool, walk.shares, member) * readinessShare(pool, member);
    const weight = (weights[index] ?? 0) * share;
    const score = weightedScore(pairHash(pool.clientHash, hashes[index] ?? 0), weight);
    // Behind the last that is wanted it would fall out again, whether it takes the client or not.
    if (pool.trace === null && isBeyond(walk.taken, walk.group, score)) continue;
    if (pool.trace !== null) {
      note(
        pool.trace,
        members[member]?.cluster.name ?? "",
        "method",
        `weight ${round(weight)}, this client's draw ${round(score * 1000)} (least wins)`,
      );
    }
    offer(walk, member, { index, score });
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
