/** A person's orders on the admin port: `POST /approve/HASH`, `/rollback/TO`, `/drain/CLUSTER`, `/undrain/CLUSTER`. */
import type { AdminAction } from "../src/api/admin.ts";
import type { RunningControl } from "../src/control/control.ts";
import { type OrderResult, orders } from "../src/control/orders.ts";
import type { ZoneStatus } from "../src/core/dns/zone-status.ts";
import type { Store } from "../src/store/store.ts";

export function orderActions(
  store: Store,
  control: RunningControl,
  dns: () => readonly ZoneStatus[] = () => [],
): ReadonlyMap<string, AdminAction> {
  const given = orders({
    store,
    now: Date.now,
    served() {
      const published = control.last()?.published ?? null;
      return published === null ? null : { ...published.manifest, snapshot: published.snapshot };
    },
    pendingApprovals: () =>
      [control.last()?.approval ?? null, ...dns().map((one) => one.approval)].filter((one) => one !== null),
    trigger: control.trigger,
  });
  const said = (result: OrderResult) => (result.ok ? result.did : { problem: result.problem, next: result.next });
  return new Map<string, AdminAction>([
    ["/approve", async (hash) => said(await given.approve(hash))],
    ["/rollback", async (to) => said(await given.rollback(to))],
    [
      "/drain",
      async (cluster, { host = null, deadlineMs, force }) => {
        const until = deadlineMs === undefined ? null : Date.now() + Number(deadlineMs);
        if (until !== null && !Number.isSafeInteger(until))
          throw new RangeError("Cannot read deadlineMs: it is not a number");
        return said(await given.drain(cluster, { host, deadlineMs: until, force: force === "true" }));
      },
    ],
    ["/undrain", async (cluster, { host = null }) => said(await given.undrain(cluster, host))],
  ]);
}
