/** DNS behind the reconcile loop: each result is offered, and one round at a time takes the newest. */
import type { Dns, DnsWorld } from "./dns.ts";
import { newest } from "./newest.ts";
import type { ReconcileResult } from "./reconcile.ts";

export interface RunningDns {
  /** Takes note of a result; never waits. */
  offer(result: ReconcileResult): void;
  /** Another round over the result that came last, as after a host was attached. */
  again(): void;
  /** Resolves when nothing that was offered so far is left to do. */
  settled(): Promise<void>;
  /** Ends after the work under way. */
  close(): Promise<void>;
}

/** Rounds of one control function. Zones decide themselves whether they have reason to be read. */
export function runDns(dns: Pick<Dns, "round" | "settled">): RunningDns {
  let last: DnsWorld | null = null;
  let closed = false;
  let isIdle = true;
  const rounds = newest(async (world: DnsWorld) => {
    await dns.round(world);
  });
  const start = () => {
    if (last === null || closed) return;
    isIdle = false;
    rounds.offer(last);
  };
  const settled = async () => {
    do {
      isIdle = true;
      await rounds.settled();
      await dns.settled();
    } while (!isIdle);
  };
  return {
    offer(result) {
      const { published, overlay, observations } = result;
      // Before the first complete look nothing is known, and unknown is not empty.
      if (published === null || observations === null) return;
      last = { snapshot: published.snapshot, health: overlay, ...observations };
      start();
    },
    again: start,
    settled,
    async close() {
      closed = true;
      rounds.clear();
      await settled();
    },
  };
}
