/**
 * How much this edge offers to each cluster: requests that came to it in their order, whether it took them or passed
 * them on. Control adds up what all edges offer, and declared capacity is compared with that (core/steering/spill.ts).
 */
import type { ForwardDecision } from "../core/decision.ts";
import type { ClusterLoad } from "../core/health/model.ts";

/** Long enough that chance does not move anybody, short enough that a rush is seen. */
const WINDOW_SECONDS = 10;

/** Counts of the last seconds, a map for each. */
export interface OfferedCounter {
  readonly seconds: { second: number; counts: Map<string, number> }[];
}

/** A counter that has seen nothing. */
export function newOfferedCounter(): OfferedCounter {
  return { seconds: [] };
}

/** Counts one decision. */
export function countOffered(counter: OfferedCounter, decision: ForwardDecision, nowMs: number): void {
  const second = Math.floor(nowMs / 1000);
  let current = counter.seconds.at(-1);
  if (current === undefined || current.second < second) {
    current = { second, counts: new Map() };
    counter.seconds.push(current);
    // The current second is not over yet and does not count: one more than the window is kept.
    if (counter.seconds.length > WINDOW_SECONDS + 1) counter.seconds.shift();
  }
  const { counts } = current;
  for (const name of decision.passedBy) counts.set(name, (counts.get(name) ?? 0) + 1);
  const first = decision.candidates[0]?.cluster;
  if (first !== undefined) counts.set(first, (counts.get(first) ?? 0) + 1);
}

/** Requests a second over the last whole seconds, by cluster name. */
export function offeredLoad(counter: OfferedCounter, nowMs: number): readonly ClusterLoad[] {
  const now = Math.floor(nowMs / 1000);
  const sums = new Map<string, number>();
  for (const { second, counts } of counter.seconds) {
    if (second >= now || second < now - WINDOW_SECONDS) continue;
    for (const [name, count] of counts) sums.set(name, (sums.get(name) ?? 0) + count);
  }
  return [...sums]
    .map(([cluster, sum]) => ({ cluster, perSecond: sum / WINDOW_SECONDS }))
    .toSorted((a, b) => (a.cluster < b.cluster ? -1 : 1));
}
