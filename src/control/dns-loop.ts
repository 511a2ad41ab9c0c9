/** DNS behind the reconcile loop: each result is offered, and one round at a time takes the newest. */
import type { Dns, DnsWorld } from "./dns.ts";
import type { ReconcileResult } from "./reconcile.ts";

export interface RunningDns {
  /** Takes note of a result; never waits. */
  offer(result: ReconcileResult): void;
  /** Resolves when nothing that was offered so far is left to do. */
  settled(): Promise<void>;
  /** Ends after the work under way. */
  close(): Promise<void>;
}

/** Rounds of one control function. Zones decide themselves whether they have reason to be read. */
export function runDns(dns: Pick<Dns, "round" | "settled">): RunningDns {
  let next: DnsWorld | null = null;
  let running: Promise<void> | null = null;
  let closed = false;
  const loop = async () => {
    while (next !== null) {
      const world = next;
      next = null;
      await dns.round(world);
    }
    running = null;
  };
  return {
    offer(result) {
      const { published, overlay, observations } = result;
      // Before the first complete look nothing is known, and unknown is not empty.
      if (published === null || observations === null || closed) return;
      next = { snapshot: published.snapshot, health: overlay, ...observations };
      running ??= loop();
    },
    async settled() {
      await running;
      await dns.settled();
    },
    async close() {
      closed = true;
      next = null;
      await running;
      await dns.settled();
    },
  };
}
