/** How much of its share each member takes at this moment: ramps, slow start, readiness and capacity put together. */
import { isEligible, type Pool } from "./pool.ts";
import { effectiveWeight } from "./priority-load.ts";
import { rampShare, slowStartShare } from "./slow-start.ts";
import { capacityShare } from "./spill.ts";
import { note } from "./trace.ts";

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

/** Share (0…1) from planned ramps and slow start. */
export function timedShare(pool: Pool, shares: Shares, member: number): number {
  if (!shares.starting && !pool.policy.hasRamp) return 1;
  const one = pool.prepared.members[member];
  const ramp = one?.terms.ramp ?? null;
  let share = 1;
  if (ramp !== null) {
    share = rampShare(ramp, pool.nowMs);
    if (pool.trace !== null && share < 1 && one !== undefined) {
      note(pool.trace, one.cluster.name, "slow-start", `planned ramp: it takes ${percent(share)} of its share by now`);
    }
  }
  if (!shares.starting) return share;
  const start = startShare(pool, member) / shares.bestStart;
  if (pool.trace !== null && start < 1 && one !== undefined) {
    const seconds = Math.round((pool.nowMs - (pool.verdicts.returnedAtMs[member] ?? 0)) / 1000);
    note(
      pool.trace,
      one.cluster.name,
      "slow-start",
      `came back ${seconds} s ago: it takes ${percent(start)} of its share`,
    );
  }
  return share * start;
}

/** Share (0…1) that declared capacity leaves, from what the fleet offers the cluster. */
export function roomShare(pool: Pool, member: number): number {
  const one = pool.prepared.members[member];
  const capacity = one?.cluster.capacity ?? null;
  if (one === undefined || capacity === null || pool.offered === null) return 1;
  const offered = pool.offered.get(one.cluster.name) ?? 0;
  const { overProvisioning } = pool.policy.policy.spill;
  const share = capacityShare(capacity, offered, { ready: pool.verdicts.ready[member] ?? 1, overProvisioning });
  if (pool.trace !== null) {
    const full = share < 1 ? `: it takes ${percent(share)}, the rest spills over` : "";
    const text = `offered ${Math.round(offered)} of ${capacity} requests a second${full}`;
    note(pool.trace, one.cluster.name, "spill", text);
  }
  return share;
}

/** Share (0…1) by ready endpoints, where the policy says that they move shares. */
export function readinessShare(pool: Pool, member: number): number {
  const { byReadiness, overProvisioning } = pool.policy.policy.spill;
  const ready = pool.verdicts.ready[member] ?? 1;
  if (!byReadiness || ready === 1) return 1;
  const share = effectiveWeight(1, ready, overProvisioning);
  const one = pool.prepared.members[member];
  if (pool.trace !== null && one !== undefined) {
    note(
      pool.trace,
      one.cluster.name,
      "spill",
      `${percent(ready)} of its endpoints are ready: it takes ${percent(share)}`,
    );
  }
  return share;
}

/** `23 %`, and never `100 %` for less than everything. */
export function percent(share: number): string {
  const rounded = Math.round(share * 100);
  return `${share < 1 && rounded === 100 ? 99 : rounded} %`;
}
