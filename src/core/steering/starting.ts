/** Slow start: members that came back lately take less than their share, compared with those that did not. */
import { isEligible, type Pool } from "./pool.ts";
import { slowStartShare } from "./slow-start.ts";

/** What one pass needs to know about shares. */
export interface Shares {
  /** Largest slow-start share of any member; 1 when nobody is starting. Members are compared with it. */
  readonly bestStart: number;
  readonly starting: boolean;
}

/** Looks once whether anybody is starting: when all are, nobody is, as after the start of the whole fleet. */
export function sharesOf(pool: Pool): Shares {
  const { slowStart } = pool.policy.policy;
  const { latestReturnMs } = pool.verdicts;
  if (slowStart === null || latestReturnMs < 0 || pool.nowMs - latestReturnMs >= slowStart.windowMs) {
    return { bestStart: 1, starting: false };
  }
  let bestStart = 0;
  for (let member = 0; member < pool.prepared.members.length; member += 1) {
    if (isEligible(pool, member)) bestStart = Math.max(bestStart, startShare(pool, member));
  }
  return { bestStart: bestStart === 0 ? 1 : bestStart, starting: bestStart > 0 };
}

function startShare(pool: Pool, member: number): number {
  const { slowStart } = pool.policy.policy;
  const returnedAtMs = pool.verdicts.returnedAtMs[member] ?? -1;
  return slowStart === null || returnedAtMs < 0 ? 1 : slowStartShare(slowStart, pool.nowMs - returnedAtMs);
}

/** Share (0…1) of a member that may be starting. */
export function startingShare(pool: Pool, shares: Shares, member: number): number {
  if (!shares.starting) return 1;
  const share = startShare(pool, member) / shares.bestStart;
  if (share < 1) pool.trace?.starting(pool, member, share);
  return share;
}
