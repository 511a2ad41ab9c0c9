/**
 * Where a change stands against what a zone holds. The same question is asked before a write without a fence, after a
 * refusal, and after an answer that never came.
 *
 * | every set of `after`…  | every set of `before`, or what replaces it…  | standing  |
 * |------------------------|-----------------------------------------------|-----------|
 * | is there exactly       | those not in `after` are gone                 | done      |
 * | is new and absent      | is there exactly                              | open      |
 * | anything else, `change`                                               ||overtaken |
 * | each is in its old or its new state, `record-set`                     || open      |
 * | anything else, `record-set`                                           ||overtaken |
 *
 * A far side without transactions can leave a change half done, which is why it may be found so and finished; where
 * changes are atomic, half of one is somebody else's work.
 */
import { sameSet as sameSets } from "../core/dns/lawful.ts";
import { compareText } from "../core/match-route.ts";
import { type DnsCapabilities, type DnsChange, type RecordSet, recordKey, type Zone } from "../core/dns/records.ts";

export type Standing =
  | { readonly state: "open" }
  | { readonly state: "done" }
  | { readonly state: "overtaken"; readonly message: string };

/** Sets by their key. */
export type RecordMap = ReadonlyMap<string, RecordSet>;

/** What is still to be written of a change, key by key; `from` or `to` is null for "not there". */
export interface Step {
  readonly key: string;
  readonly from: RecordSet | null;
  readonly to: RecordSet | null;
}

export function byKey(sets: Iterable<RecordSet>): Map<string, RecordSet> {
  const map = new Map<string, RecordSet>();
  for (const set of sets) map.set(recordKey(set), set);
  return map;
}

/** Sets in the order in which `list` gives them. */
export function sortByKey(sets: Iterable<RecordSet>): readonly RecordSet[] {
  return [...sets].sort((a, b) => compareText(recordKey(a), recordKey(b)));
}

/** Zones in the order in which `zones` gives them. */
export function sortZones(zones: Iterable<Zone>): readonly Zone[] {
  const text = (zone: Zone) => `${zone.name}\t${zone.visibility}\t${zone.id}`;
  return [...zones].sort((a, b) => compareText(text(a), text(b)));
}

/** Whether two sets say the same; null is "no set". */
export function sameSet(a: RecordSet | null, b: RecordSet | null): boolean {
  if (a === null || b === null) return a === b;
  return sameSets(a, b);
}

/** Each key of a change once, with what it is to turn from and into. */
export function stepsOf(change: DnsChange): readonly Step[] {
  const before = byKey(change.before);
  const after = byKey(change.after);
  // An upsert leaves alone what it does not name; its `before` is only what was seen.
  const keys = change.action === "upsert" ? after.keys() : new Set([...before.keys(), ...after.keys()]);
  return [...keys].map((key) => ({ key, from: before.get(key) ?? null, to: after.get(key) ?? null }));
}

export function standing(change: DnsChange, current: RecordMap, atomicity: DnsCapabilities["atomicity"]): Standing {
  const steps = stepsOf(change);
  if (steps.every((step) => sameSet(current.get(step.key) ?? null, step.to))) return { state: "done" };
  if (change.action === "upsert") return { state: "open" };
  for (const step of steps) {
    const there = current.get(step.key) ?? null;
    const inTheWay = !sameSet(there, step.from) && !(atomicity === "record-set" && sameSet(there, step.to));
    if (inTheWay) return { state: "overtaken", message: describe(step, there) };
  }
  return { state: "open" };
}

function describe(step: Step, there: RecordSet | null): string {
  const [name = "", type = "", identifier = ""] = step.key.split("\t");
  const what = `${type} "${name}"${identifier === "" ? "" : ` (${identifier})`}`;
  if (there === null) return `Cannot change ${what}: it is gone`;
  const how = there.alias === null ? there.values.join(", ") : `an alias of ${there.alias.name}`;
  if (step.from === null) return `Cannot create ${what}: it is there already, ${how.slice(0, 200)}`;
  return `Cannot change ${what}: it is now ${how.slice(0, 200)} (TTL ${there.ttlSeconds ?? "none"})`;
}
