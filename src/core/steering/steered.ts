/** Plain nearest: every eligible member in one tier, by cost. What more there can be is in `steer.ts`. */
import { walkNearest } from "./nearest.ts";
import type { Pool } from "./pool.ts";
import { newWalk } from "./walk.ts";

/** Members in the order in which they are to be tried. */
export interface Steered {
  readonly members: readonly number[];
  /** Members that came before the first one and had no room. */
  readonly passedBy: readonly number[];
}

/** Nobody, without an array of its own for every request. */
export const NOBODY: readonly number[] = [];

/** Orders a pool; at most `pool.limit` members. Who passed the client on comes last, so that rule 1 holds. */
export function steerNearest(pool: Pool): Steered {
  const walk = newWalk(pool, null);
  walkNearest(walk, 0);
  const { taken, passed } = walk;
  if (passed.members.length === 0) return { members: taken.members, passedBy: NOBODY };
  return { members: [...taken.members, ...passed.members].slice(0, pool.limit), passedBy: NOBODY };
}
