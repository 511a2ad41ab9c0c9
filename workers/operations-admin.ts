/** What the admin API of a control function can do and show, wherever it runs. */
import type { AdminAction, AdminDeps } from "../src/api/admin.ts";
import type { RunningControl } from "../src/control/control.ts";
import { newTap, type Tap, tapFilter } from "../src/edge/tap.ts";

/** The tap of this process, its events, and the orders of operators. */
export function operatorAdmin(
  control: RunningControl,
  tap: Tap,
): Pick<Required<AdminDeps>, "events" | "tap"> & {
  readonly orders: readonly (readonly [path: string, act: AdminAction])[];
} {
  const { operations } = control;
  return {
    events: () => Promise.resolve(control.last()?.overlay?.events ?? []),
    tap: (query) => tap.listen(tapFilter(query)),
    orders: [
      ["/approve", (hash) => operations.approve(hash)],
      [
        "/rollback",
        (generation) => (generation === "resume" ? operations.resume() : operations.rollback(whole(generation))),
      ],
      [
        "/drain",
        (cluster, { host = null, deadline = null, force = "false" }) =>
          operations.drain(cluster, { host, untilMs: time(deadline), force: force === "true" }),
      ],
      ["/undrain", (cluster) => operations.undrain(cluster)],
    ],
  };
}

/** One tap for the edges of this process. */
export function processTap(): Tap {
  return newTap(Date.now);
}

function whole(text: string): number | null {
  if (text === "previous") return null;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new RangeError(`Cannot roll back to "${text}": it is no generation`);
}

/** ms since the epoch, or a time as ISO 8601 has it. */
function time(text: string | null): number | null {
  if (text === null) return null;
  const ms = /^\d{1,15}$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isNaN(ms)) throw new RangeError(`Cannot read the deadline "${text}": write 2026-12-24T18:00:00Z`);
  return ms;
}
