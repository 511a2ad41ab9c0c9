/** Who moved where: the first choice of a host at an edge, and why it changed. */
import type { Candidate, ForwardDecision } from "../decision.ts";
import type { HealthEvent } from "./model.ts";

interface Choice {
  readonly cluster: string;
  readonly costUs: number;
  readonly sinceMs: number;
  /** What the choice was made from: while it stays, another choice is another client's, not a move. */
  readonly world: string;
}

/** Last choice by host; bounded, the oldest go. */
export type Choices = Map<string, Choice>;

const MAX_HOSTS = 1000;

/** Notes a decision; returns the move that it shows, without `by`. Only for edges that know their own place. */
export function noteChoice(choices: Choices, decision: ForwardDecision, nowMs: number): Omit<HealthEvent, "by"> | null {
  const [first] = decision.candidates;
  if (first === undefined || decision.vantage.of !== "edge") return null;
  const before = choices.get(decision.host);
  // The common case costs one comparison.
  if (before !== undefined && before.cluster === first.cluster) return null;
  const world = worldOf(decision);
  choices.delete(decision.host);
  choices.set(decision.host, { cluster: first.cluster, costUs: first.costUs, sinceMs: nowMs, world });
  if (choices.size > MAX_HOSTS) forgetOldest(choices);
  if (before === undefined || before.world === world) return null;
  const old = decision.candidates.find((one) => one.cluster === before.cluster);
  return {
    atMs: nowMs,
    what: "moved",
    subject: decision.host,
    cause: causeOf(decision, before.cluster, old, first),
    sinceMs: before.sinceMs,
    move: { from: before.cluster, to: first.cluster, costUs: first.costUs - (old?.costUs ?? before.costUs) },
  };
}

function forgetOldest(choices: Choices): void {
  for (const oldest of choices.keys()) {
    choices.delete(oldest);
    return;
  }
}

function causeOf(decision: ForwardDecision, from: string, old: Candidate | undefined, first: Candidate): string {
  const excluded = decision.excluded.find((one) => one.cluster === from);
  if (excluded !== undefined) return `${from}: ${excluded.reason}`;
  if (old === undefined) return `${from} is no longer a candidate`;
  if (old.panic !== null) return `${from}: ${old.panic}`;
  return `${first.cluster} ${ms(first)}, ${from} ${ms(old)}`;
}

function ms(candidate: Candidate): string {
  return `${(candidate.costUs / 1000).toFixed(1)} ms ${candidate.basis}`;
}

function worldOf(decision: ForwardDecision): string {
  const costs = decision.candidates.map((one) => `${one.cluster}=${one.costUs}`).sort();
  return `${costs.join(" ")} / ${decision.excluded
    .map((one) => `${one.cluster}:${one.code}`)
    .sort()
    .join(" ")}`;
}
