/**
 * Hysteresis of a choice. Measurements are noisy, and a cluster that is better by less than the noise is not worth a
 * move. An edge that knows its own place therefore passes in what it chose before (`HealthView.held`):
 *
 * - a cluster that was chosen stays first unless another one is better by more than max(5 ms, 10 %) (DESIGN.md)
 * - what is as near as it, within the tie window, shares its clients with it
 * - after a change nothing measured changes the choice again for a while
 * - what is not available is not held, but the choice is put off and not given up: it holds again afterwards
 */
import type { Held, Hold } from "./held.ts";
import { isEligible, type Pool } from "./pool.ts";
import type { Walk } from "./walk.ts";

const HYSTERESIS_US = 5000;
const HYSTERESIS_SHARE = 0.1;
/** Hosts that an edge remembers its choice of; the oldest go first. */
const MAX_HELD = 20_000;

/** Members that stay first, in order of cost; null where nothing is held, or where it is beaten. */
export function heldGroup({ pool, rules }: Walk, tierOf: (index: number) => number, tier: number): number[] | null {
  const { held, ranking, prepared, nowMs } = pool;
  if (held === null) return null;
  const { order, biasedUs } = ranking;
  const stay: number[] = [];
  const others: number[] = [];
  let bestUs = -1;
  let leaderUs = -1;
  for (const index of order) {
    const member = prepared.memberOf[index] ?? -1;
    if (member === -1 || !isEligible(pool, member) || (rules !== null && tierOf(index) !== tier)) continue;
    const us = biasedUs[index] ?? 0;
    if (bestUs === -1) bestUs = us;
    const isHeld = held.clusters.includes(prepared.members[member]?.cluster.name ?? "");
    const isBeaten = us - bestUs > Math.max(HYSTERESIS_US, us * HYSTERESIS_SHARE);
    if (!isHeld) others.push(member);
    else if (nowMs < held.untilMs || !isBeaten) {
      stay.push(member);
      if (us > bestUs) pool.trace?.held(pool, member);
      if (leaderUs === -1) leaderUs = us;
    }
  }
  if (leaderUs === -1) return null;
  if (nowMs < held.untilMs) return stay;
  const { ms, percent } = pool.policy.policy.tieWindow;
  const windowUs = Math.max(ms * 1000, (leaderUs * percent) / 100);
  const costOf = (member: number): number => biasedUs[prepared.members[member]?.index ?? -1] ?? 0;
  const joined = others.filter((member) => Math.abs(costOf(member) - leaderUs) <= windowUs);
  return [...stay, ...joined].sort((a, b) => costOf(a) - costOf(b) || a - b);
}

/** What was chosen, to be held; null while something that is held is not available, and when it is held already. */
export function groupOf({ prepared, verdicts, held }: Pool, members: readonly number[]): readonly string[] | null {
  const isOut = prepared.members.some(
    ({ cluster }, at) => verdicts.trouble[at] !== null && held?.clusters.includes(cluster.name) === true,
  );
  if (isOut) return null;
  const group = members.map((member) => prepared.members[member]?.cluster.name ?? "").sort();
  return group.join() === held?.clusters.join() ? null : group;
}

/** Remembers what a decision chose. The first choice may change at once, as when the first measurements come in. */
export function noteHold(held: Map<string, Held>, hold: Hold | null, at: { nowMs: number; dwellMs: number }): void {
  if (hold === null) return;
  const { key, clusters } = hold;
  const known = held.get(key);
  if (known?.clusters === clusters) return;
  if (known !== undefined && known.clusters.join() === clusters.join()) return;
  held.set(key, { clusters, untilMs: known === undefined ? 0 : at.nowMs + at.dwellMs });
  if (held.size > MAX_HELD) {
    const [oldest] = held.keys();
    if (oldest !== undefined) held.delete(oldest);
  }
}
