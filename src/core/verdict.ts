import type { Exclusion } from "./decision.ts";
import type { Ejection } from "./health/view.ts";
import type { Origin } from "./model.ts";

/** An ejection that holds at the moment, with what it is of. */
export type Out = readonly [key: string, ejection: Ejection];

/** What health says about the members of a prepared backend; arrays are by member. */
export interface Verdicts {
  /** Null for a member that is available, otherwise why not; a panic may use it all the same. */
  readonly trouble: readonly (Exclusion | null)[];
  /** Origins that may be used; for a member in trouble all of them. */
  readonly origins: readonly (readonly Origin[])[];
  /** Share of its endpoints that are ready, 1 when nobody says. */
  readonly ready: readonly number[];
  /** When it came back from being down, -1 when it has not been down lately. */
  readonly returnedAtMs: readonly number[];
  readonly latestReturnMs: number;
  /** Everything that keeps a cluster out, configuration and health. */
  readonly excluded: readonly Exclusion[];
  readonly allAvailable: boolean;
  /** Whether every endpoint of every member is ready. */
  readonly allReady: boolean;
  /** Whether less than half of the weight is available: health is doubted (DESIGN.md). */
  readonly panic: boolean;
}
