/** From what stands at a name to what shall stand there: one change where the provider can, else two. */
import { compareText } from "../match-route.ts";
import { canStandTogether, sameSet } from "./lawful.ts";
import type { NameState } from "./plan-input.ts";
import { type DnsCapabilities, type DnsChange, type RecordSet, recordKey } from "./records.ts";
import { type Ownership, registrySet } from "./registry.ts";

export interface NameTarget {
  /** Keys that are ours to write; all others stay out of the change. */
  readonly touched: ReadonlySet<string>;
  /** What shall stand at the touched keys; a touched key that is missing goes. */
  readonly final: ReadonlyMap<string, RecordSet>;
  readonly ownership: Ownership;
  readonly reason: string;
}

/**
 * Changes in their order, or why the provider cannot make them. The ownership TXT is first in `after` and last in
 * `before`: on a provider that writes set by set, a crash then leaves a claim without a record, never a record that
 * nobody claims.
 */
export function changesOf(
  { atomicity, provider }: DnsCapabilities,
  state: NameState,
  target: NameTarget,
): readonly DnsChange[] | string {
  const { added, removed } = difference(state, target);
  const registry = registrySet(state.name, target.ownership);
  // Its TTL says nothing: a TXT that is not ours to change must not be written for that.
  const isSameRegistry = textOf(registry) === textOf(state.registry);
  if (added.length === 0 && removed.length === 0 && isSameRegistry) return [];
  const gone = removed.filter((set) => !target.final.has(recordKey(set)));
  const step = (before: RecordSet[], after: RecordSet[], from: RecordSet | null, to: RecordSet | null): DnsChange =>
    toChange(state.name, target.reason, [...before, ...listOf(from)], [...listOf(to), ...after]);
  // The very set that is there, so that it counts as a condition and is not written.
  const to = isSameRegistry ? state.registry : registry;
  const isOneStep =
    atomicity === "change" || gone.length === 0 || (added.length === 0 && gone.length === removed.length);
  if (isOneStep) return [step(removed, added, state.registry, to)];
  const clash = gone.find((old) => added.some((set) => !canStandTogether(old, set)));
  if (clash !== undefined) {
    return `${provider} cannot replace ${clash.type} by another type in one step, and the name must not be empty in between`;
  }
  const stale = new Map(gone.map((set) => [recordKey(set), set]));
  const claims = state.ownership.contributions.filter((one) => stale.has(recordKey(one.set)));
  const both = registrySet(state.name, {
    contributions: [...target.ownership.contributions, ...claims],
    unreadable: target.ownership.unreadable,
  });
  const replaced = removed.filter((set) => !stale.has(recordKey(set)));
  return [step(replaced, added, state.registry, both), step(gone, [], both, registry)];
}

function difference(state: NameState, target: NameTarget): { added: RecordSet[]; removed: RecordSet[] } {
  const added: RecordSet[] = [];
  const removed: RecordSet[] = [];
  for (const key of [...new Set([...target.touched, ...target.final.keys()])].sort(compareText)) {
    const [old, set] = [state.sets.get(key), target.final.get(key)];
    if (old !== undefined && set !== undefined && sameSet(old, set)) continue;
    if (old !== undefined) removed.push(old);
    if (set !== undefined) added.push(set);
  }
  // What cannot stand beside a new set has to go with it: an adopted record of another type.
  const isClash = (old: RecordSet): boolean =>
    added.some((set) => recordKey(set) !== recordKey(old) && !canStandTogether(old, set));
  const clashes = [...state.sets.values()].filter((old) => !removed.includes(old) && isClash(old));
  return { added, removed: [...removed, ...clashes] };
}

function toChange(name: string, reason: string, before: readonly RecordSet[], after: readonly RecordSet[]): DnsChange {
  if (before.length === 0) return { action: "create", name, before, after, reason };
  return { action: after.length === 0 ? "delete" : "replace", name, before, after, reason };
}

function textOf(registry: RecordSet | null): string {
  return registry?.values.join("\n") ?? "";
}

function listOf(set: RecordSet | null): RecordSet[] {
  return set === null ? [] : [set];
}
