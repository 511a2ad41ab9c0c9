/** One pass over a pool: what walks share, the tier of each member, and whether a member takes a client. */
import { geolocationTier } from "./geolocation.ts";
import { hash32, isWithin, pairHash } from "./hash.ts";
import { leastLatencyTier } from "./least-latency.ts";
import { insert, type Ordered } from "./ordered.ts";
import type { Pool } from "./pool.ts";
import { readinessShare, roomShare, type Shares, timedShare } from "./shares.ts";
import { note } from "./trace.ts";

/** What walks put members into, and what they need to know for it. */
export interface Walk {
  readonly pool: Pool;
  readonly shares: Shares;
  readonly taken: Ordered;
  readonly passed: Ordered;
  /** Members that passed the client on for want of room. */
  readonly full: number[];
  /** Whether all members are in one tier, whoever the client is. */
  readonly oneTier: boolean;
  /** Order of failover tiers; empty for other methods. */
  readonly tiers: readonly number[];
  group: number;
}

/** Apart from the hash that orders clusters: whom a full cluster passes on must not depend on who is tied. */
export const SPILL_SALT: number = hash32("spill");

/** Whether all members are in one tier, whoever the client is. */
export function hasOneTier({ policy }: Pool): boolean {
  const { type } = policy.policy.method;
  return type === "nearest" || type === "weighted";
}

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

/** Takes a member into the order, or lets it pass the client on, by the client's own hash. */
export function offer(walk: Walk, member: number, at: { readonly index: number; readonly score: number }): void {
  const { pool, group } = walk;
  const place = { group, score: at.score };
  const room = pool.offered === null ? 1 : roomShare(pool, member);
  let share = room;
  // Under `weighted` and between failover tiers these have been counted already.
  const { type } = pool.policy.policy.method;
  if (type !== "weighted") share *= timedShare(pool, walk.shares, member);
  if (type !== "weighted" && type !== "failover") share *= readinessShare(pool, member);
  const draw = pairHash(pool.clientHash ^ SPILL_SALT, pool.policy.hashes[at.index] ?? 0);
  if (share >= 1 || isWithin(draw, share)) {
    insert(walk.taken, member, place);
    return;
  }
  insert(walk.passed, member, place);
  if (room < 1) walk.full.push(member);
  const name = pool.prepared.members[member]?.cluster.name;
  if (pool.trace !== null && name !== undefined) note(pool.trace, name, "spill", "it passes this client on");
}
