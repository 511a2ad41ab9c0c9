/**
 * Writes changes in batches so that one that is refused never blocks the rest, and so that an answer that was lost does
 * no harm. Every provider that sends more than one change at a time uses this.
 *
 * | the far side…                       | then                                                                     |
 * |-------------------------------------|--------------------------------------------------------------------------|
 * | took the batch                      | all of it is applied                                                     |
 * | named the changes it minds          | the others are sent without them; the named ones are looked up           |
 * | refused without a name, or all      | all are looked up                                                        |
 * | gave no answer for too long         | all are looked up; what is not done has failed                           |
 * | turned it away for too long         | all of it has failed                                                     |
 *
 * Looked up: done → applied; overtaken → said so; one that is still open and was refused alone → refused; several →
 * in halves.
 */
import type { DnsCapabilities, DnsChange } from "../core/dns/records.ts";
import { APPLIED, type ChangeOutcome } from "./provider.ts";
import { type RecordMap, standing } from "./standing.ts";

export type WriteResult =
  | { readonly status: "ok" }
  | {
      readonly status: "refused";
      readonly message: string;
      /** The changes that the far side complained about; empty when it did not say. */
      readonly minded: readonly DnsChange[];
      /** The far side holds the same in other letters; what was just read tells which, so one more try is worth it. */
      readonly again: boolean;
    }
  | {
      readonly status: "failed";
      readonly message: string;
      /** Every attempt was turned away before it was looked at: there is nothing to look up. */
      readonly isUndone?: boolean;
    };

export interface FarSide {
  readonly atomicity: DnsCapabilities["atomicity"];
  /** Sends one batch; throttling and lost answers are its own business. */
  write(batch: readonly DnsChange[]): Promise<WriteResult>;
  /** What is there now at least for the keys of these changes. */
  read(changes: readonly DnsChange[]): Promise<RecordMap>;
}

/** Outcomes by change; every given change has one. */
export async function settle(
  batches: readonly (readonly DnsChange[])[],
  farSide: FarSide,
): Promise<Map<DnsChange, ChangeOutcome>> {
  const outcomes = new Map<DnsChange, ChangeOutcome>();
  for (const batch of batches) await settleBatch(batch, farSide, outcomes, false);
  return outcomes;
}

type Outcomes = Map<DnsChange, ChangeOutcome>;

async function settleBatch(batch: readonly DnsChange[], farSide: FarSide, outcomes: Outcomes, isSecondTry: boolean) {
  if (batch.length === 0) return;
  const result = await farSide.write(batch);
  if (result.status === "ok") {
    for (const change of batch) outcomes.set(change, APPLIED);
    return;
  }
  if (result.status === "failed" && result.isUndone === true) {
    return setAll(batch, outcomes, { status: "failed", message: result.message });
  }
  if (result.status === "failed") return lookUpFailed(batch, farSide, outcomes, result.message);
  const minded = new Set(result.minded);
  const rest = batch.filter((change) => !minded.has(change));
  const isTelling = minded.size > 0 && rest.length > 0;
  if (isTelling) await settleBatch(rest, farSide, outcomes, false);
  const doubtful = isTelling ? batch.filter((change) => minded.has(change)) : batch;
  const open = await lookUp(doubtful, farSide, outcomes);
  if (open === null) return setAll(doubtful, outcomes, { status: "failed", message: result.message });
  const [only] = open;
  if (only !== undefined && batch.length === 1 && (!result.again || isSecondTry)) {
    outcomes.set(only, { status: "refused", message: result.message });
    return;
  }
  // The same batch again would be refused again: halves, until the one that is minded stands alone.
  const half = open.length === batch.length && open.length > 1 ? Math.ceil(open.length / 2) : open.length;
  await settleBatch(open.slice(0, half), farSide, outcomes, batch.length === 1);
  await settleBatch(open.slice(half), farSide, outcomes, false);
}

/** Sets the outcome of what is done or overtaken; the changes that are still open, or null if nothing can be read. */
async function lookUp(changes: readonly DnsChange[], farSide: FarSide, outcomes: Outcomes) {
  const current = await farSide.read(changes).catch(() => null);
  if (current === null) return null;
  const open: DnsChange[] = [];
  for (const change of changes) {
    const stands = standing(change, current, farSide.atomicity);
    if (stands.state === "open") open.push(change);
    else if (stands.state === "done") outcomes.set(change, APPLIED);
    else outcomes.set(change, { status: "overtaken", message: stands.message });
  }
  return open;
}

async function lookUpFailed(batch: readonly DnsChange[], farSide: FarSide, outcomes: Outcomes, message: string) {
  const open = await lookUp(batch, farSide, outcomes);
  setAll(open ?? batch, outcomes, { status: "failed", message });
}

function setAll(changes: readonly DnsChange[], outcomes: Outcomes, outcome: ChangeOutcome) {
  for (const change of changes) outcomes.set(change, outcome);
}

/** Outcomes in the order of the changes. */
export function inOrder(
  changes: readonly DnsChange[],
  outcomes: ReadonlyMap<DnsChange, ChangeOutcome>,
): ChangeOutcome[] {
  return changes.map(
    (change) =>
      outcomes.get(change) ?? { status: "failed", message: `Cannot change "${change.name}": it was not sent` },
  );
}
