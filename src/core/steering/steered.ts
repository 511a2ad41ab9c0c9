/** Members in order, and what an order is drawn from. Plain nearest is in `nearest.ts`, what more there can be in `steer.ts`. */

/** Members in the order in which they are to be tried. */
export interface Steered {
  readonly members: readonly number[];
  /** Members that came before the first one and had no room. */
  readonly passedBy: readonly number[];
  /** Clusters that are first and equally near, for the edge to hold; null where nothing is to be held. */
  readonly group: readonly string[] | null;
}

/** Nobody, without an array of its own for every request. */
export const NOBODY: readonly number[] = [];

/** An order that holds for all clients but for their own draws (`draws.ts`). Arrays are by place in the order. */
export interface Draws {
  /** How many members every client gets, if there are as many. */
  readonly limit: number;
  readonly members: readonly number[];
  /** Where each group ends, in order. */
  readonly ends: readonly number[];
  readonly hashes: Uint32Array;
  readonly weights: Float64Array;
  /** Whether all weights are the same, so that draws alone decide. */
  readonly uniform: boolean;
  /** What is certain of a score before it is worked out: a draw so far from the best one costs at least this. */
  readonly scales: Float64Array;
  readonly group: readonly string[] | null;
  /** What was held when the order was made, and whether it could not change then. */
  readonly heldBy: readonly string[] | null;
  readonly dwelling: boolean;
  /** The order of everybody; null where clients draw. */
  readonly fixed: Steered | null;
}
