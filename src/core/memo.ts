/**
 * What decisions remember between requests, so that they need not work it out again: seen only as time. Holds one
 * health view at most; an older one must not stay in memory for the sake of a host that nobody asks for.
 */
import type { HealthView } from "./health/view.ts";
import type { Prepared } from "./prepared.ts";
import type { Verdicts } from "./verdicts.ts";

export interface Memo {
  health: HealthView | null;
  /** Whether the view's overlay had not expired. */
  fresh: boolean;
  /** Grows with every other view: what was kept under a smaller one is out of date. */
  serial: number;
  verdicts: Map<Prepared, Verdicts>;
}

/** A memo that remembers nothing. */
export function newMemo(): Memo {
  return { health: null, fresh: false, serial: 0, verdicts: new Map() };
}

/** Forgets what depends on another view, or on the other side of the view's expiry. */
export function turnTo(memo: Memo, health: HealthView, fresh: boolean): void {
  if (memo.health === health && memo.fresh === fresh) return;
  memo.health = health;
  memo.fresh = fresh;
  memo.serial += 1;
  memo.verdicts = new Map();
}
