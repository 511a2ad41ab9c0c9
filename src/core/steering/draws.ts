/**
 * An order that holds for all clients but for their own draws: groups of equals in order of cost, in which each client
 * draws. Where no group has two members the order is the same for everybody.
 */
import { CERTAIN_DRAW, clientPart, drawOf, SCORE_SCALE, weightedScore } from "./hash.ts";
import type { Held } from "./held.ts";
import { groupOf } from "./hold.ts";
import type { Kept } from "./kept.ts";
import type { PolicyIndex } from "./policy-index.ts";
import type { Pool } from "./pool.ts";
import { type Draws, NOBODY, type Steered } from "./steered.ts";
import type { Verdicts } from "../verdict.ts";
import type { Walk } from "./walk.ts";

/** Whether every member takes all of its share at this moment, so that nobody is passed on. */
export function isSteady({ policy, verdicts, prepared, offered, nowMs }: Pool): boolean {
  if (isStarting(policy, verdicts, nowMs) || policy.hasRamp) return false;
  const { spill } = policy.policy;
  return (offered === null || !prepared.hasCapacity) && (!spill.byReadiness || verdicts.allReady);
}

/** Whether a member came back so lately that it does not take all of its share yet. */
export function isStarting({ policy }: PolicyIndex, { latestReturnMs }: Verdicts, nowMs: number): boolean {
  const { slowStart } = policy;
  return slowStart !== null && latestReturnMs >= 0 && nowMs - latestReturnMs < slowStart.windowMs;
}

/** What a walk has collected, ready for clients. */
export function drawsOf({ pool, collected }: Walk): Draws {
  const { members, groups } = collected ?? { members: [], groups: [] };
  const ends: number[] = [];
  for (let at = 1; at <= members.length; at += 1) if (groups[at] !== groups[at - 1]) ends.push(at);
  const indexes = members.map((member) => pool.prepared.members[member]?.index ?? -1);
  const weights = Float64Array.from(indexes, (index) => pool.policy.weights[index] ?? 0);
  const [one = 0] = weights;
  const isFixed = ends.slice(0, pool.limit).every((end, at) => end === at + 1);
  const group = groupOf(pool, members.slice(0, ends[0]));
  return {
    limit: pool.limit,
    group,
    heldBy: pool.held?.clusters ?? null,
    dwelling: isDwelling(pool.held, pool.nowMs),
    members,
    ends,
    hashes: Uint32Array.from(indexes, (index) => pool.policy.hashes[index] ?? 0),
    weights,
    uniform: weights.every((weight) => weight === one),
    scales: weights.map((weight) => SCORE_SCALE / weight),
    fixed: isFixed ? { members: members.slice(0, pool.limit), passedBy: NOBODY, group } : null,
  };
}

/** The order of one client; at most `limit` members. */
export function draw(draws: Draws, clientHash: number, limit: number): Steered {
  if (draws.fixed !== null && limit === draws.limit) return draws.fixed;
  const { members, ends } = draws;
  const taken: number[] = [];
  const part = clientPart(clientHash);
  let from = 0;
  for (const end of ends) {
    if (taken.length >= limit) break;
    if (end === from + 1) taken.push(members[from] ?? -1);
    else drawGroup(draws, { part, from, end, limit }, taken);
    from = end;
  }
  return { members: taken, passedBy: NOBODY, group: draws.group };
}

/** Hosts of one Service mostly hold the same, each in a list of its own. */
function isSame(one: readonly string[] | null, other: readonly string[] | null): boolean {
  if (one === other || one === null || other === null) return one === other;
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at += 1) if (one[at] !== other[at]) return false;
  return true;
}

function isDwelling(held: Held | null, nowMs: number): boolean {
  return held !== null && nowMs < held.untilMs;
}

interface Group {
  readonly part: number;
  readonly from: number;
  readonly end: number;
  readonly limit: number;
}

/** The best of a group in order: score, then member, as in `ordered.ts`. */
function drawGroup(draws: Draws, { part, from, end, limit }: Group, taken: number[]): void {
  const { members, hashes, weights, scales, uniform } = draws;
  const first = taken.length;
  const room = limit - first;
  const scores: number[] = [];
  let worst = Number.POSITIVE_INFINITY;
  for (let at = from; at < end; at += 1) {
    const drawn = drawOf(part, hashes[at] ?? 0);
    // For equal weights the larger draw has the smaller score, so none is worked out.
    const least = uniform ? -drawn : (CERTAIN_DRAW - drawn) * (scales[at] ?? 0);
    // Nearly all of a large group end here: a logarithm for each would be most of the decision.
    if (least > worst) continue;
    const score = uniform ? least : weightedScore(drawn, weights[at] ?? 0);
    const member = members[at] ?? -1;
    let spot = scores.length;
    while (spot > 0) {
      const before = scores[spot - 1] ?? 0;
      if (before < score || (before === score && (taken[first + spot - 1] ?? 0) < member)) break;
      if (spot < room) {
        scores[spot] = before;
        taken[first + spot] = taken[first + spot - 1] ?? -1;
      }
      spot -= 1;
    }
    if (spot >= room) continue;
    scores[spot] = score;
    taken[first + spot] = member;
    if (scores.length === room) worst = scores[room - 1] ?? 0;
  }
}

/** Draws of a pool: those that were kept, or those that a walk collects now; null where there are none to share. */
export function keptDraws(pool: Pool, collect: (pool: Pool) => Walk): Draws | null {
  const { kept, only } = pool;
  // An explanation wants every step of every member, and whoever wants all of them has nothing to share.
  if (
    pool.trace !== null ||
    pool.limit === Number.POSITIVE_INFINITY ||
    pool.allowed !== null ||
    !pool.healthy ||
    !isSteady(pool)
  )
    return null;
  const { limit, held, nowMs } = pool;
  const at = held !== null ? HOLDING : only === null ? 0 : only ? 1 : 2;
  const known = knownDraws(kept, at, { limit, held, nowMs });
  if (known !== null) return known;
  const draws = drawsOf(collect(pool));
  kept.draws[at] = draws;
  return draws;
}

/** Where an entry keeps the draws of those that hold a choice. */
export const HOLDING = 3;

/** Draws that were kept and hold for this request; null where there are none. */
export function knownDraws(
  kept: Kept,
  at: number,
  { limit, held, nowMs }: { readonly limit: number; readonly held: Held | null; readonly nowMs: number },
): Draws | null {
  const known = kept.draws[at];
  if (known === undefined || known.limit < limit) return null;
  if (!isSame(known.heldBy, held === null ? null : held.clusters)) return null;
  return known.dwelling === isDwelling(held, nowMs) ? known : null;
}
