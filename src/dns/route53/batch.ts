/**
 * One change of a plan as Route 53's own changes. The fence is the far side's: DELETE takes nothing but the exact old
 * set, CREATE nothing where a set is, and a batch is taken whole or not at all.
 *
 * | set of the change        | becomes                                                                       |
 * |--------------------------|-------------------------------------------------------------------------------|
 * | in `before` only         | DELETE                                                                        |
 * | in `after` only          | CREATE                                                                        |
 * | in both                  | DELETE and CREATE; for a set that stays alike too: that is its condition       |
 * | of an upsert             | UPSERT                                                                        |
 */
import type { Change, ResourceRecordSet } from "@aws-sdk/client-route-53";
import { type DnsChange, type RecordSet, recordKey } from "../../core/dns/records.ts";
import { type BatchCost, packBatches, withoutRepetition } from "../batches.ts";
import { sameSet } from "../standing.ts";
import { setFromRoute53, setToRoute53 } from "./records.ts";

/** The sets of a zone in the letters in which Route 53 holds them, by key: an exact DELETE has to repeat them. */
export type Letters = ReadonlyMap<string, ResourceRecordSet>;

/** Limits of one ChangeResourceRecordSets; UPSERT counts twice in both records and characters. */
const LIMITS: BatchCost = { changes: 1000, values: 1000, bytes: 32_000 };

/** Route 53's changes for one of ours, deletes first: a CNAME must be gone before an address may come. */
export function wireChanges(change: DnsChange, letters: Letters): Change[] {
  if (change.action === "upsert") {
    return change.after.map((set) => ({ Action: "UPSERT", ResourceRecordSet: setToRoute53(set) }));
  }
  const deletes = change.before.map(
    (set): Change => ({ Action: "DELETE", ResourceRecordSet: inLetters(set, letters) }),
  );
  const creates = change.after.map((set): Change => {
    const kept = change.before.some((one) => sameSet(one, set));
    return { Action: "CREATE", ResourceRecordSet: kept ? inLetters(set, letters) : setToRoute53(set) };
  });
  return [...deletes, ...creates];
}

/** The letters in which it is there if it says the same in them, else our own. */
function inLetters(set: RecordSet, letters: Letters): ResourceRecordSet {
  const raw = letters.get(recordKey(set));
  return raw !== undefined && sameSet(setFromRoute53(raw), set) ? raw : setToRoute53(set);
}

/** Batches within Route 53's limits, in order. */
export function packRoute53(changes: readonly DnsChange[], letters: Letters): DnsChange[][] {
  return withoutRepetition(packBatches(changes, (change) => costOf(wireChanges(change, letters)), LIMITS));
}

/** Cost of Route 53's own changes. */
export function costOf(changes: readonly Change[]): BatchCost {
  let values = 0;
  let bytes = 0;
  for (const { Action, ResourceRecordSet } of changes) {
    const times = Action === "UPSERT" ? 2 : 1;
    for (const { Value } of ResourceRecordSet?.ResourceRecords ?? []) {
      values += times;
      bytes += times * (Value?.length ?? 0);
    }
  }
  return { changes: changes.length, values, bytes };
}
