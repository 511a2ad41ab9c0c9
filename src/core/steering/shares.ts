/** How much of its share each member takes at this moment: ramps, slow start, readiness and capacity put together. */
import type { Pool } from "./pool.ts";
import { effectiveWeight } from "./priority-load.ts";
import { rampShare } from "./ramp.ts";
import { capacityShare } from "./spill.ts";
import { type Shares, startingShare } from "./starting.ts";
import { note } from "./trace.ts";

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
  return share * startingShare(pool, shares, member);
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
