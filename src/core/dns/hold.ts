/**
 * DESIGN.md rule 4 for records: no live name becomes empty by mistake, and no zone is cleared by a bug.
 *
 * | a change that takes something away                                        | then                                |
 * |---------------------------------------------------------------------------|-------------------------------------|
 * | every object that asked was seen deleted, unjoined, or no longer asks     | it passes                           |
 * | the name, or one whose CNAME leads to it, answers now and would not then  | it is held                          |
 * | more such sets go than max(20 % of the sets we own in the zone, 5)        | all of them are held                |
 * | the hash of exactly these held changes was approved                       | they pass                           |
 */
import { compareText } from "../match-route.ts";
import { deadEnd, stateAfter, stateOf, type ZoneState } from "./liveness.ts";
import { makeBeforeBreak } from "./order.ts";
import type { PlanInput } from "./plan-input.ts";
import { type DnsChange, type HeldChange, type RecordSet, recordKey } from "./records.ts";
import type { Contribution } from "./registry.ts";

export interface Held {
  readonly passed: readonly DnsChange[];
  readonly held: readonly HeldChange[];
  /** See `DnsPlan.removal`. */
  readonly removal: string;
}

const SHARE = 0.2;
const AT_LEAST = 5;

/** Splits changes into those that pass and those that wait for a person. */
export function holdRemovals(input: PlanInput, changes: readonly DnsChange[], owned: readonly Contribution[]): Held {
  const claims = Map.groupBy(owned, (one) => recordKey(one.set));
  const isUnexplained = (change: DnsChange, set: RecordSet): boolean => {
    const resources = (claims.get(recordKey(set)) ?? []).flatMap((one) => one.resources);
    // Records nobody claims are removed only by adoption, which a person asked for.
    return resources.length > 0 && !resources.every((resource) => input.isExplained(resource, change.name));
  };
  const held = new Map<DnsChange, HeldChange>();
  const hold = (change: DnsChange, code: HeldChange["code"], message: string): void => {
    if (!held.has(change)) held.set(change, { change, code, message });
  };
  const suspicious = changes.filter((change) => removedSets(change).some((set) => isUnexplained(change, set)));
  const taken = (): DnsChange[] => suspicious.filter((change) => !held.has(change));

  const before = stateOf(input.current);
  for (let found = true; found; ) {
    found = false;
    const passed = changes.filter((change) => !held.has(change));
    for (const { suspects, name } of emptied(input, before, passed)) {
      // Taking an explained name away is meant; whoever now points there, though still wanted, is at fault.
      const change = suspects.find((one) => suspicious.includes(one) || removedSets(one).length === 0);
      if (change === undefined) continue;
      hold(change, "empties-live-name", `Cannot change "${change.name}": "${name}" answers now and would not any more`);
      found = true;
    }
  }
  const limit = Math.max(owned.length * SHARE, AT_LEAST);
  const count = taken().flatMap((change) => removedSets(change).filter((set) => isUnexplained(change, set))).length;
  if (count > limit) {
    const message = `Cannot remove ${count} of ${owned.length} record sets: nobody saw their objects being deleted`;
    for (const change of taken()) hold(change, "too-many-deletes", message);
  }
  if (held.size === 0) return { passed: changes, held: [], removal: "" };
  const removal = [...held.keys()].map(lineOf).sort(compareText).join("\n");
  if (input.isApproved(removal)) return { passed: changes, held: [], removal: "" };
  const order = makeBeforeBreak([...held.keys()]);
  return {
    passed: changes.filter((change) => !held.has(change)),
    held: order.flatMap((change) => held.get(change) ?? []),
    removal,
  };
}

/** Names that answer before and not after, each with the changes that may be at fault. */
function emptied(
  { zone }: PlanInput,
  before: ZoneState,
  changes: readonly DnsChange[],
): readonly { readonly suspects: readonly DnsChange[]; readonly name: string }[] {
  if (changes.length === 0) return [];
  const after = stateAfter(before, changes);
  const byName = Map.groupBy(changes, (change) => change.name);
  const found: { suspects: readonly DnsChange[]; name: string }[] = [];
  for (const name of before.keys()) {
    const end = deadEnd(name, after, zone.name);
    if (end === null || deadEnd(name, before, zone.name) !== null) continue;
    // Where the chain breaks, then where it was turned into a dead end.
    found.push({ suspects: [...(byName.get(end) ?? []), ...(byName.get(name) ?? [])], name });
  }
  return found;
}

/** Sets at the change's own name that are there before and not after, under any value. */
function removedSets({ name, before, after }: DnsChange): readonly RecordSet[] {
  const kept = new Set(after.map(recordKey));
  const gone = before.filter((set) => set.name === name && !kept.has(recordKey(set)));
  // A CNAME that becomes addresses, or the reverse, is a new answer and not a removal.
  const isNewAnswer = after.some((set) => set.name === name && !before.includes(set));
  return isNewAnswer ? [] : gone;
}

function lineOf(change: DnsChange): string {
  const sets = (list: readonly RecordSet[]): string =>
    list
      .filter((set) => set.name === change.name)
      .map((set) => `${set.type}/${set.setIdentifier ?? ""}=${set.alias?.name ?? set.values.join(",")}`)
      .sort(compareText)
      .join(";");
  return `${change.name}\t${sets(change.before)}\t${sets(change.after)}`;
}
