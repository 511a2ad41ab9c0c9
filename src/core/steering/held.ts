/** What an edge remembers of its choices; the rules are in `hold.ts`. Types only. */

/** A choice of an edge: the clusters that were first and equally near. */
export interface Held {
  readonly clusters: readonly string[];
  /** Until then no measurement changes it. */
  readonly untilMs: number;
}

/** What an edge is to remember of a decision. */
export interface Hold {
  /** Service, policy and members (`Prepared.holdKey`): hosts that share them move together. */
  readonly key: string;
  readonly clusters: readonly string[];
}
