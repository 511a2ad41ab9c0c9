/** Whether a name still has an answer, followed through CNAMEs and aliases inside the zone. */
import { isWithin } from "./names.ts";
import type { DnsChange, RecordSet } from "./records.ts";
import { recordKey } from "./records.ts";

/** Sets of a zone by name. */
export type ZoneState = ReadonlyMap<string, readonly RecordSet[]>;

const ANSWERS = new Set(["A", "AAAA", "CNAME"]);
/** Resolvers give up on longer chains; a loop is as good as nothing. */
const MAX_CHAIN = 16;

/** Groups sets by name. */
export function stateOf(sets: readonly RecordSet[]): ZoneState {
  return Map.groupBy(sets, (set) => set.name);
}

/** The zone after some changes, whether or not their conditions hold. */
export function stateAfter(state: ZoneState, changes: readonly DnsChange[]): ZoneState {
  const next = new Map(state);
  const put = (name: string, sets: readonly RecordSet[]): unknown =>
    sets.length === 0 ? next.delete(name) : next.set(name, sets);
  for (const { before, after } of changes) {
    for (const set of [...before, ...after]) {
      const others = next.get(set.name)?.filter((one) => recordKey(one) !== recordKey(set)) ?? [];
      put(set.name, others);
    }
    for (const set of after) put(set.name, [...(next.get(set.name) ?? []), set]);
  }
  return next;
}

/** Where the answer to a name ends inside the zone: `null` when there is one, else the name that has none. */
export function deadEnd(name: string, state: ZoneState, zone: string): string | null {
  return follow(name, state, zone, MAX_CHAIN);
}

function follow(name: string, state: ZoneState, zone: string, maxHops: number): string | null {
  let at = name;
  for (let hops = 0; hops < maxHops; hops += 1) {
    const sets = (state.get(at) ?? wildcard(at, state, zone)).filter((set) => ANSWERS.has(set.type));
    if (sets.length === 0) return at;
    const targets = sets.map((set) => set.alias?.name ?? (set.type === "CNAME" ? (set.values[0] ?? null) : null));
    // An address answers; what lies outside the zone is not ours to judge.
    if (targets.some((target) => target === null || !isWithin(target, zone))) return null;
    const inside = targets.filter((target) => target !== null);
    if (inside.length > 1) {
      const rest = maxHops - hops - 1;
      return inside.some((target) => follow(target, state, zone, rest) === null) ? null : (inside[0] ?? at);
    }
    at = inside[0] ?? at;
  }
  return at;
}

/** RFC 4592: the wildcard of the closest ancestor answers for a name that is not there. */
function wildcard(name: string, state: ZoneState, zone: string): readonly RecordSet[] {
  const dot = name.indexOf(".");
  if (dot === -1 || !isWithin(name, zone) || name === zone) return [];
  const parent = name.slice(dot + 1);
  const found = state.get(`*.${parent}`);
  if (found !== undefined) return found;
  return state.has(parent) ? [] : wildcard(parent, state, zone);
}
