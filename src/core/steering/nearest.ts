/**
 * Nearest first: least milliseconds after bias. Members within max(ms, percent) of the nearest of their group count as
 * equally near and are ordered by weighted rendezvous hash of the client, so that two clusters in one city share its
 * clients by weight and each client stays. Also the order inside the tiers of failover and geolocation.
 */
import { pairHash, weightedScore } from "./hash.ts";
import { isEligible } from "./pool.ts";
import { offer, type Walk } from "./walk.ts";

/** Offers the eligible members of one tier in order, until enough are found and their group is complete. */
export function walkNearest(walk: Walk, tier: number): void {
  const { pool, rules } = walk;
  const { order, biasedUs } = pool.ranking;
  const { tieWindow } = pool.policy.policy;
  let limitUs = -1;
  for (let rank = 0; rank < order.length; rank += 1) {
    const index = order[rank] ?? 0;
    const member = pool.prepared.memberOf[index] ?? -1;
    if (member === -1 || !isEligible(pool, member)) continue;
    if (rules !== null && rules.tierOf(walk, index) !== tier) continue;
    const us = biasedUs[index] ?? 0;
    if (us > limitUs) {
      if (limitUs !== -1) walk.group += 1;
      if (walk.taken.members.length >= pool.limit) return;
      limitUs = us + Math.max(tieWindow.ms * 1000, (us * tieWindow.percent) / 100);
    } else pool.trace?.tie(pool, member, limitUs);
    const draw = pairHash(pool.clientHash, pool.policy.hashes[index] ?? 0);
    offer(walk, member, { index, score: weightedScore(draw, pool.policy.weights[index] ?? 0) });
  }
}
