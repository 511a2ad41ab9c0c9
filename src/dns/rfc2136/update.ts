/**
 * Changes as the prerequisites and updates of RFC 2136. The server compares and writes in one step:
 *
 * | a set of the change             | prerequisite (§2.4)                          | update (§2.5)                  |
 * |---------------------------------|----------------------------------------------|--------------------------------|
 * | is to be new                    | no set of the type at the name               | add each value                 |
 * | is to be replaced               | the set has exactly the old values           | delete the set, add each value |
 * | is to go                        | the set has exactly the old values           | delete the set                 |
 * | stays                           | the set has exactly these values             | none                           |
 *
 * What RFC 2136 does not compare: the time to live. And what it ignores without a word (§3.4.2.2): a CNAME beside other
 * data, and other data beside a CNAME. Prerequisites cover both, and everything is read back.
 */
import type { DnsChange } from "../../core/dns/records.ts";
import { sameSet, stepsOf } from "../standing.ts";
import { CLASS, type SentRecord } from "./message.ts";

export interface Update {
  readonly prerequisites: readonly SentRecord[];
  readonly updates: readonly SentRecord[];
}

export function updateOf(changes: readonly DnsChange[]): Update {
  const prerequisites: SentRecord[] = [];
  const updates: SentRecord[] = [];
  for (const change of changes) {
    const isForced = change.action === "upsert";
    const steps = stepsOf(change);
    for (const { from, to } of steps) {
      const set = from ?? to;
      if (set === null) continue;
      const { name, type } = set;
      if (!isForced)
        prerequisites.push(...(from === null ? [none(name, type)] : from.values.map((value) => is(name, type, value))));
      if (sameSet(from, to) && !isForced) continue;
      if (from !== null || isForced) updates.push({ name, type, class: CLASS.any, ttl: 0, value: null });
      for (const value of to?.values ?? [])
        updates.push({ name, type, class: CLASS.in, ttl: to?.ttlSeconds ?? 0, value });
    }
    prerequisites.push(...lonely(change));
    // A deletion must come first, since a CNAME is not added beside what is still there.
    updates.sort((a, b) => b.class - a.class);
  }
  return { prerequisites, updates };
}

const none = (name: string, type: string): SentRecord => ({ name, type, class: CLASS.none, ttl: 0, value: null });
const is = (name: string, type: string, value: string): SentRecord => ({ name, type, class: CLASS.in, ttl: 0, value });

/** A name that gets a CNAME and had nothing must be empty; one that gets something else must have no CNAME. */
function lonely(change: DnsChange): readonly SentRecord[] {
  const taken = new Set(change.before.map((set) => set.name));
  const fresh = change.after.filter((set) => !taken.has(set.name));
  return fresh.map((set) => (set.type === "CNAME" ? none(set.name, "ANY") : none(set.name, "CNAME")));
}
