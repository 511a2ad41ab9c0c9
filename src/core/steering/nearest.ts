/**
 * Nearest first: least milliseconds after bias. Members within max(ms, percent) of the nearest of their group count as
 * equally near and are ordered by weighted rendezvous hash of the client, so that two clusters in one city share its
 * clients by weight and each client stays. Also the order inside the tiers of failover and geolocation.
 */
import { draw, keptDraws } from "./draws.ts";
import { heldGroup } from "./hold.ts";
import { pairHash, weightedScore } from "./hash.ts";
import { isEligible, type Pool } from "./pool.ts";
import { NOBODY, type Steered } from "./steered.ts";
import { countTaken, newCollection, newWalk, offer, type Walk } from "./walk.ts";

/** Orders a pool; at most `pool.limit` members. Who passed the client on comes last, so that rule 1 holds. */
export function steerNearest(pool: Pool): Steered {
  const draws = keptDraws(pool, collectNearest);
  if (draws !== null) return draw(draws, pool.clientHash, pool.limit);
  const walk = newWalk(pool, null);
  walkNearest(walk, 0);
  const { taken, passed } = walk;
  const members = passed.members.length === 0 ? taken.members : [...taken.members, ...passed.members];
  return { members: members.slice(0, pool.limit), passedBy: NOBODY, group: null };
}

function collectNearest(pool: Pool): Walk {
  const walk = newCollection(pool, null);
  walkNearest(walk, 0);
  return walk;
}

/** Offers the eligible members of one tier in order, until enough are found and their group is complete. */
export function walkNearest(walk: Walk, tier: number): void {
  const { pool, rules } = walk;
  const { order, biasedUs } = pool.ranking;
  const { tieWindow } = pool.policy.policy;
  const stay = walk.group === 0 ? heldGroup(walk, (index) => rules?.tierOf(walk, index) ?? tier, tier) : null;
  if (stay !== null) {
    for (const member of stay) take(walk, member);
    walk.group += 1;
  }
  let limitUs = -1;
  for (let rank = 0; rank < order.length; rank += 1) {
    const index = order[rank] ?? 0;
    const member = pool.prepared.memberOf[index] ?? -1;
    if (member === -1 || !isEligible(pool, member)) continue;
    if (rules !== null && rules.tierOf(walk, index) !== tier) continue;
    if (stay?.includes(member) === true) continue;
    const us = biasedUs[index] ?? 0;
    if (us > limitUs) {
      if (limitUs !== -1) walk.group += 1;
      if (countTaken(walk) >= pool.limit) return;
      limitUs = us + Math.max(tieWindow.ms * 1000, (us * tieWindow.percent) / 100);
    } else pool.trace?.tie(pool, member, limitUs);
    take(walk, member);
  }
}

function take(walk: Walk, member: number): void {
  const { pool } = walk;
  const index = pool.prepared.members[member]?.index ?? -1;
  if (walk.collected !== null) {
    offer(walk, member, { index, score: 0 });
    return;
  }
  const draw = pairHash(pool.clientHash, pool.policy.hashes[index] ?? 0);
  offer(walk, member, { index, score: weightedScore(draw, pool.policy.weights[index] ?? 0) });
}
