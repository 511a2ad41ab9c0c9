/**
 * Where the steps of a decision are noted for `explain`. The request path passes null and builds no text at all, so
 * that there is one decision and not a second one that explains what the first may have done.
 */

/** One step of the decision: which rule, and what it did. */
export interface Step {
  readonly step: StepName;
  readonly text: string;
}

export type StepName =
  | "policy"
  | "maintenance"
  | "key"
  | "residency"
  | "canary"
  | "method"
  | "cost"
  | "tie"
  | "hold"
  | "spill"
  | "slow-start"
  | "pin"
  | "panic"
  | "health";

/** Steps of the whole decision, and of each cluster, in the order in which they were taken. */
export interface Steps {
  readonly steps: Step[];
  readonly clusters: Map<string, Step[]>;
}

/** Notes a step of one cluster. */
export function note(trace: Steps, cluster: string, step: StepName, text: string): void {
  noteStep(trace, cluster, { step, text });
}

/** Notes a step that is in words already. */
export function noteStep(trace: Steps, cluster: string, step: Step): void {
  const steps = trace.clusters.get(cluster);
  if (steps === undefined) trace.clusters.set(cluster, [step]);
  else steps.push(step);
}
