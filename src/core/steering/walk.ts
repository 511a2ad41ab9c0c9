/** One pass over a pool: what walks share, and whether a member takes a client. */
import { hash32, isWithin, pairHash } from "./hash.ts";
import { insert, newOrdered, type Ordered } from "./ordered.ts";
import type { Pool } from "./pool.ts";
import { type Shares, sharesOf, startingShare } from "./starting.ts";

/** Where a walk notes members instead of ordering them. */
export interface Collected {
  readonly members: number[];
  readonly groups: number[];
}

/** What walks put members into, and what they need to know for it. */
export interface Walk {
  readonly pool: Pool;
  readonly shares: Shares;
  readonly taken: Ordered;
  readonly passed: Ordered;
  /** Members that passed the client on for want of room. */
  readonly full: number[];
  /** What policies beyond plain nearest have to say; null for nearest alone. */
  readonly rules: WalkRules | null;
  /** Order of failover tiers; empty for other methods. */
  readonly tiers: readonly number[];
  /** Set where members are noted for all clients to draw from, instead of ordered for one. */
  collected: Collected | null;
  group: number;
  /** What capacity leaves of the share of the member that was offered last. */
  room: number;
}

export interface WalkRules {
  /** Tier of a member for this client; 0 is tried first. */
  tierOf(walk: Walk, index: number): number;
  /** Share (0…1) that a member takes of what comes to it; leaves what is for capacity in `room`. */
  shareOf(walk: Walk, member: number): number;
}

/** Apart from the hash that orders clusters: whom a full cluster passes on must not depend on who is tied. */
export const SPILL_SALT: number = hash32("spill");

const NO_TIERS: readonly number[] = [];

/** A walk that has not begun. */
export function newWalk(pool: Pool, rules: WalkRules | null, tiers: readonly number[] = NO_TIERS): Walk {
  return {
    pool,
    shares: sharesOf(pool),
    taken: newOrdered(pool.limit),
    // All of them: who is left when everybody passes on must not depend on how many were asked for.
    passed: newOrdered(Number.POSITIVE_INFINITY),
    full: [],
    rules,
    tiers,
    collected: null,
    group: 0,
    room: 1,
  };
}

/** A walk that collects members for all clients (`draws.ts`). */
export function newCollection(pool: Pool, rules: WalkRules | null, tiers: readonly number[] = NO_TIERS): Walk {
  return { ...newWalk(pool, rules, tiers), collected: { members: [], groups: [] } };
}

/** Members that the walk has found a place for. */
export function countTaken({ collected, taken }: Walk): number {
  return (collected ?? taken).members.length;
}

/** Takes a member into the order, or lets it pass the client on, by the client's own hash. */
export function offer(walk: Walk, member: number, at: { readonly index: number; readonly score: number }): void {
  const { pool, group, rules, collected } = walk;
  if (collected !== null) {
    collected.members.push(member);
    collected.groups.push(group);
    return;
  }
  const place = { group, score: at.score };
  const share = rules === null ? startingShare(pool, walk.shares, member) : rules.shareOf(walk, member);
  if (share >= 1 || isWithin(pairHash(pool.clientHash ^ SPILL_SALT, pool.policy.hashes[at.index] ?? 0), share)) {
    insert(walk.taken, member, place);
    return;
  }
  insert(walk.passed, member, place);
  if (walk.room < 1) walk.full.push(member);
  pool.trace?.passedOn(pool, member);
}
