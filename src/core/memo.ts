/**
 * Which health view the decisions of a table were last made under. What is worked out once and kept (rankings, verdicts)
 * carries the serial of its view, so that nothing keeps an old view in memory: kept values are seen only as time.
 */
import type { HealthView } from "./health/view.ts";
import { type KeptTable, newKeptTable } from "./steering/kept.ts";

export interface Memo {
  health: HealthView | null;
  /** Whether the view's overlay had not expired. */
  fresh: boolean;
  /** Grows with every other view: what was kept under a smaller one is out of date. */
  serial: number;
  /** Grows only when verdicts may be others: an edge has a new view after each round-trip that it measures. */
  verdictSerial: number;
  /** What requests share. */
  readonly kept: KeptTable;
}

/** A memo that has seen no view. */
export function newMemo(): Memo {
  return { health: null, fresh: false, serial: 0, verdictSerial: 0, kept: newKeptTable() };
}

/** Begins a new serial when the view is another one, or on the other side of its expiry. */
export function turnTo(memo: Memo, health: HealthView, fresh: boolean): void {
  if (memo.health === health && memo.fresh === fresh) return;
  const { health: before } = memo;
  const same =
    before !== null &&
    memo.fresh === fresh &&
    before.backends === health.backends &&
    before.origins === health.origins &&
    before.verdicts === health.verdicts &&
    before.down === health.down;
  if (!same) memo.verdictSerial += 1;
  memo.health = health;
  memo.fresh = fresh;
  memo.serial += 1;
}
