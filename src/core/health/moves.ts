/** Who moved where: the first choice of a host at an edge, and why it changed. */
import type { Candidate, ForwardDecision } from "../decision.ts";
import type { HealthEvent } from "./model.ts";

interface Choice {
  readonly cluster: string;
  readonly costUs: number;
  readonly sinceMs: number;
  /** What the choice was made from: while it stays, another choice is another client's, not a move. */
  readonly from: Pick<ForwardDecision, "candidates" | "excluded">;
}

/** Last choice by host; bounded: when the young are many the old ones go, and the young are old from then on. */
export interface Choices {
  young: Map<string, Choice>;
  old: Map<string, Choice>;
}

/** Below what a busy edge serves in a minute, every request would be new: some MB at most. */
const MAX_YOUNG = 16_384;

/** No choices yet. */
export function newChoices(): Choices {
  return { young: new Map(), old: new Map() };
}

/** Notes a decision; returns the move that it shows, without `by`. Only for edges that know their own place. */
export function noteChoice(choices: Choices, decision: ForwardDecision, nowMs: number): Omit<HealthEvent, "by"> | null {
  const { candidates, excluded, host } = decision;
  const [first] = candidates;
  if (first === undefined || decision.vantage.of !== "edge") return null;
  const young = choices.young.get(host);
  // The common case costs one comparison.
  if (young !== undefined && young.cluster === first.cluster) return null;
  const before = young ?? choices.old.get(host);
  if (before !== undefined && before.cluster === first.cluster) {
    keep(choices, host, before);
    return null;
  }
  keep(choices, host, { cluster: first.cluster, costUs: first.costUs, sinceMs: nowMs, from: { candidates, excluded } });
  if (before === undefined || worldOf(before.from) === worldOf(decision)) return null;
  const old = candidates.find((one) => one.cluster === before.cluster);
  return {
    atMs: nowMs,
    what: "moved",
    subject: host,
    cause: causeOf(decision, before.cluster, old, first),
    sinceMs: before.sinceMs,
    move: { from: before.cluster, to: first.cluster, costUs: first.costUs - (old?.costUs ?? before.costUs) },
  };
}

function keep(choices: Choices, host: string, choice: Choice): void {
  choices.young.set(host, choice);
  if (choices.young.size < MAX_YOUNG) return;
  choices.old = choices.young;
  choices.young = new Map();
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

function worldOf(decision: Choice["from"]): string {
  const costs = decision.candidates.map((one) => `${one.cluster}=${one.costUs}`).sort();
  return `${costs.join(" ")} / ${decision.excluded
    .map((one) => `${one.cluster}:${one.code}`)
    .sort()
    .join(" ")}`;
}
