/**
 * Orders the eligible members of a pool by the host's policy. The same for every policy:
 *
 * 1. the client's side of a canary, then the other one; on each side tiers in order, as the method says (failover,
 *    geolocation, measured or not)
 * 2. inside a tier by the method: cost with ties (`nearest.ts`), or weights (`weighted.ts`)
 * 3. a member that takes only part of what comes to it (slow start, ramp, capacity) passes the others on: they find it
 *    again at the end of their list, so that a healthy cluster is never out of reach (rule 1)
 */
import { tierOrder } from "./failover.ts";
import { pairHash, weightedScore } from "./hash.ts";
import { draw, keptDraws } from "./draws.ts";
import { walkNearest } from "./nearest.ts";
import { insert, newOrdered, type Ordered } from "./ordered.ts";
import { isEligible, type Pool } from "./pool.ts";
import { NOBODY, type Steered } from "./steered.ts";
import { note } from "./trace.ts";
import { countTaken, newCollection, newWalk, SPILL_SALT, type Walk } from "./walk.ts";
import { tierOf, WALK_RULES } from "./walk-rules.ts";
import { walkWeighted } from "./weighted.ts";

/** Orders a pool; at most `pool.limit` members. */
export function steer(pool: Pool): Steered {
  if (pool.side === null) return steerSide(pool);
  // A client whose own side is full stays on its side all the same: a canary is not there to take an overload.
  const own = steerSide({ ...pool, only: pool.side.canary });
  const other = steerSide({ ...pool, only: !pool.side.canary, limit: pool.limit - own.members.length });
  return {
    members: [...own.members, ...other.members],
    passedBy: own.members.length > 0 ? own.passedBy : other.passedBy,
    group: null,
  };
}

function steerSide(pool: Pool): Steered {
  // A client's own place decides the tiers of geolocation: nothing of them is the same for everybody.
  const draws = pool.policy.geolocation === null ? keptDraws(pool, collectTiers) : null;
  if (draws !== null) return draw(draws, pool.clientHash, pool.limit);
  const walk = newWalk(pool, WALK_RULES, tiersOf(pool));
  walkTiers(walk);
  return finish(walk);
}

function collectTiers(pool: Pool): Walk {
  const walk = newCollection(pool, WALK_RULES, tiersOf(pool));
  walkTiers(walk);
  return walk;
}

function tiersOf(pool: Pool): readonly number[] {
  return pool.policy.tiers === null ? NOBODY : tierOrder(pool);
}

function walkTiers(walk: Walk): void {
  const { pool } = walk;
  const weighted = pool.policy.policy.method.type === "weighted";
  for (let tier = nextTier(walk, -1); tier !== Number.POSITIVE_INFINITY; tier = nextTier(walk, tier)) {
    if (weighted) walkWeighted(walk);
    else walkNearest(walk, tier);
    walk.group += 1;
    if (countTaken(walk) >= pool.limit) break;
  }
}

/** The smallest tier after one that has an eligible member. */
function nextTier(walk: Walk, after: number): number {
  const { pool } = walk;
  const { type } = pool.policy.policy.method;
  if (type === "nearest" || type === "weighted") return after === -1 ? 0 : Number.POSITIVE_INFINITY;
  let next = Number.POSITIVE_INFINITY;
  for (let member = 0; member < pool.prepared.members.length; member += 1) {
    const tier = tierOf(walk, pool.prepared.members[member]?.index ?? -1);
    if (tier > after && tier < next && isEligible(pool, member)) next = tier;
  }
  return next;
}

/** Who was passed on by everybody is shared out by capacity, so that an overload does not all fall on the nearest. */
function finish({ pool, taken, passed, full }: Walk): Steered {
  if (passed.members.length === 0) return { members: taken.members, passedBy: NOBODY, group: null };
  const [first = -1] = taken.members;
  if (first === -1) {
    const members = overloaded(pool, passed);
    return { members, passedBy: passed.members.filter((one) => full.includes(one) && one !== members[0]), group: null };
  }
  const passedBy = passed.members.filter((member, at) => full.includes(member) && isBefore(passed, at, taken));
  return { members: [...taken.members, ...passed.members].slice(0, pool.limit), passedBy, group: null };
}

function isBefore(passed: Ordered, at: number, taken: Ordered): boolean {
  const byGroup = (passed.groups[at] ?? 0) - (taken.groups[0] ?? 0);
  return byGroup < 0 || (byGroup === 0 && (passed.scores[at] ?? 0) < (taken.scores[0] ?? 0));
}

function overloaded(pool: Pool, passed: Ordered): readonly number[] {
  const { members } = pool.prepared;
  const capacities = passed.members.map((member) => members[member]?.cluster.capacity ?? null);
  if (capacities.includes(null)) return passed.members;
  const ordered = newOrdered(pool.limit);
  for (const [at, member] of passed.members.entries()) {
    const hash = pairHash(pool.clientHash ^ SPILL_SALT ^ 1, pool.policy.hashes[members[member]?.index ?? -1] ?? 0);
    insert(ordered, member, { group: 0, score: weightedScore(hash, capacities[at] ?? 0) });
    const name = members[member]?.cluster.name;
    if (pool.trace !== null && name !== undefined) note(pool.trace, name, "spill", "all are full: shared by capacity");
  }
  return ordered.members;
}
