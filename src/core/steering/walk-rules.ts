/** Tiers and shares of every policy, for walks that are not of plain nearest. */
import { geolocationTier } from "./geolocation.ts";
import { leastLatencyTier } from "./least-latency.ts";
import { readinessShare, roomShare, timedShare } from "./shares.ts";
import type { Walk, WalkRules } from "./walk.ts";

/** Tier of a member for this client; 0 is tried first. */
export function tierOf({ pool, tiers }: Walk, index: number): number {
  const { method } = pool.policy.policy;
  switch (method.type) {
    case "nearest":
    case "weighted":
      return 0;
    case "least-latency":
      return leastLatencyTier(pool.ranking, index);
    case "failover":
      return tiers.indexOf(pool.policy.tiers?.[index] ?? 0);
    case "geolocation":
      return geolocationTier(pool.preferences, index);
    default:
      return method satisfies never;
  }
}

/** What `steer` gives its walks. */
export const WALK_RULES: WalkRules = {
  tierOf,
  shareOf(walk, member) {
    const { pool } = walk;
    walk.room = pool.offered === null ? 1 : roomShare(pool, member);
    let share = walk.room;
    // Under `weighted` and between failover tiers these have been counted already.
    const { type } = pool.policy.policy.method;
    if (type !== "weighted") share *= timedShare(pool, walk.shares, member);
    if (type !== "weighted" && type !== "failover") share *= readinessShare(pool, member);
    return share;
  },
};
