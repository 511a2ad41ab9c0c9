/** Order of changes: what others will point to before those that point to it, and removals last, pointers first. */
import { compareText } from "../match-route.ts";
import type { DnsChange } from "./records.ts";

/** Sorts changes so that at every prefix each name that answers before and after also answers then. */
export function makeBeforeBreak(changes: readonly DnsChange[]): readonly DnsChange[] {
  const byName = (a: DnsChange, b: DnsChange): number => compareText(a.name, b.name);
  const made = changes.filter((change) => !isRemoval(change)).sort(byName);
  const removed = changes.filter(isRemoval).sort(byName);
  const removals = targetsFirst(removed, (change) => change.before).toReversed();
  return [...targetsFirst(made, (change) => change.after), ...removals];
}

/** A change that puts nothing at its name that was not there already. */
export function isRemoval({ name, before, after }: DnsChange): boolean {
  const kept = after.filter((set) => set.name === name);
  return kept.every((set) => before.includes(set)) && before.some((set) => set.name === name && !after.includes(set));
}

function targetsFirst(
  changes: readonly DnsChange[],
  setsOf: (change: DnsChange) => DnsChange["after"],
): readonly DnsChange[] {
  const byName = Map.groupBy(changes, (change) => change.name);
  const ordered = new Set<DnsChange>();
  const onPath = new Set<DnsChange>();
  const visit = (change: DnsChange): void => {
    if (ordered.has(change) || onPath.has(change)) return;
    onPath.add(change);
    for (const set of setsOf(change)) {
      const target = set.alias?.name ?? (set.type === "CNAME" ? set.values[0] : undefined);
      for (const next of target === undefined ? [] : (byName.get(target) ?? [])) visit(next);
    }
    onPath.delete(change);
    ordered.add(change);
  };
  for (const change of changes) visit(change);
  return [...ordered];
}
