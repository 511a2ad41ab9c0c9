/**
 * Spill-over: which share of the clients that come to a cluster it takes; the others go on to the next in their order.
 *
 * The share is computed from what a cluster is *offered* (clients that come to it, taken or passed on) and not from
 * what it carries. Passing clients on does not change what is offered, so a cluster that has passed some on does not
 * look empty a moment later and take them back: water over a weir, not a see-saw. Each client is compared with the
 * share by its own hash, so a growing share keeps everybody who was in, and a client does not move to and fro.
 */
import { effectiveWeight } from "./priority-load.ts";

/** Share (0…1) of what it is offered that a cluster takes. `ready` is the share of its endpoints that are ready. */
export function capacityShare(capacity: number, offered: number, { ready, overProvisioning }: Readiness): number {
  const usable = effectiveWeight(capacity, ready, overProvisioning);
  return offered <= usable ? 1 : usable / offered;
}

export interface Readiness {
  readonly ready: number;
  readonly overProvisioning: number;
}
