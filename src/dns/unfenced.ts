/**
 * Applying changes where the far side compares nothing: what is there is read just before the write, and a lost answer
 * is followed by another look instead of the same request again, which would add twice or delete what is gone. Between
 * the look and the write another writer may slip in; that is what "unfenced" says.
 */
import { causeOf } from "../core/cause.ts";
import type { DnsChange, RecordSet } from "../core/dns/records.ts";
import { withoutRepetition } from "./batches.ts";
import { type Attempt, type Patience, patiently, type Time } from "./pace.ts";
import { APPLIED, type ChangeOutcome } from "./provider.ts";
import { settle, type WriteResult } from "./settle.ts";
import { type RecordMap, standing } from "./standing.ts";

export interface UnfencedSide {
  /** What is there now at least for the keys of these changes. Rejects when nobody knows. */
  read(changes: readonly DnsChange[]): Promise<RecordMap>;
  /** Splits into what one request carries. */
  pack(changes: readonly DnsChange[]): readonly (readonly DnsChange[])[];
  /** Sends one request, once; all of these changes are open. */
  send(batch: readonly DnsChange[], current: RecordMap): Promise<Attempt<WriteResult>>;
}

export async function applyUnfenced(
  changes: readonly DnsChange[],
  side: UnfencedSide,
  pace: { readonly time: Time; readonly patience: Patience },
): Promise<Map<DnsChange, ChangeOutcome>> {
  const outcomes = new Map<DnsChange, ChangeOutcome>();
  for (const group of withoutRepetition([changes])) await applyGroup(group, side, pace, outcomes);
  return outcomes;
}

async function applyGroup(
  group: readonly DnsChange[],
  side: UnfencedSide,
  { time, patience }: { readonly time: Time; readonly patience: Patience },
  outcomes: Map<DnsChange, ChangeOutcome>,
): Promise<void> {
  if (group.length === 0) return;
  let latest = new Map<string, RecordSet>();
  const read = async (some: readonly DnsChange[]) => {
    latest = new Map(await side.read(some));
    return latest;
  };
  try {
    await read(group);
  } catch (error) {
    const message = causeOf(error);
    for (const change of group) outcomes.set(change, { status: "failed", message });
    return;
  }
  const open: DnsChange[] = [];
  for (const change of group) {
    const stands = standing(change, latest, "record-set");
    if (stands.state === "open") open.push(change);
    else outcomes.set(change, stands.state === "done" ? APPLIED : { status: "overtaken", message: stands.message });
  }
  const write = async (batch: readonly DnsChange[]): Promise<WriteResult> => {
    const result = await patiently<WriteResult>(
      async (number) => {
        if (number > 1) await read(batch).catch(() => undefined);
        const left = batch.filter((change) => standing(change, latest, "record-set").state !== "done");
        return left.length === 0 ? { done: true, value: { status: "ok" } } : await side.send(left, latest);
      },
      time,
      patience,
    );
    return result.done ? result.value : { status: "failed", message: result.cause };
  };
  for (const [change, outcome] of await settle(side.pack(open), { atomicity: "record-set", write, read })) {
    outcomes.set(change, outcome);
  }
}
