import { isWithin, pairHash } from "./hash.ts";
import { isEligible, type Pool } from "./pool.ts";
import { priorityLoad } from "./priority-load.ts";

const SALT = 0x74696572;

/**
 * Order of the tiers for this client. The first tier that has anybody, unless spill-over by readiness is on: then each
 * tier takes the share of clients that its ready endpoints can carry (Envoy's priority load), by the client's hash.
 */
export function tierOrder(pool: Pool): readonly number[] {
  const tiers = pool.policy.tiers ?? [];
  const count = Math.max(-1, ...tiers) + 1;
  const order = Array.from({ length: count }, (_, tier) => tier);
  const { spill } = pool.policy.policy;
  if (!spill.byReadiness || !pool.healthy) return order;
  const load = priorityLoad(
    order.map((tier) => healthPercent(pool, tiers, tier)),
    spill.overProvisioning,
  );
  const hash = pairHash(pool.clientHash, SALT);
  let reached = 0;
  const first = load.findIndex((share) => {
    reached += share;
    return isWithin(hash, reached / 100);
  });
  return first <= 0 ? order : [first, ...order.filter((tier) => tier !== first)];
}

/** Ready share of a tier's endpoints, a member without counts as one endpoint of one; in whole percent. */
function healthPercent(pool: Pool, tiers: readonly number[], tier: number): number {
  let ready = 0;
  let total = 0;
  for (const [member, { index }] of pool.prepared.members.entries()) {
    if (tiers[index] !== tier) continue;
    total += 1;
    if (isEligible(pool, member)) ready += pool.verdicts.ready[member] ?? 1;
  }
  return total === 0 ? 0 : Math.floor((100 * ready) / total);
}
