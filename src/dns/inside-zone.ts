import { isWithin } from "../core/dns/names.ts";
import type { DnsChange, Zone } from "../core/dns/records.ts";
import type { ChangeOutcome } from "./provider.ts";
import { inOrder } from "./settle.ts";

/**
 * Refuses every change with a name outside the zone and has the others carried out: a far side may append the zone to
 * a name that does not end in it, and so write another record than asked for. Outcomes in the order of the changes.
 */
export async function applyInside(
  zone: Zone,
  changes: readonly DnsChange[],
  apply: (inside: readonly DnsChange[]) => Promise<ReadonlyMap<DnsChange, ChangeOutcome>>,
): Promise<readonly ChangeOutcome[]> {
  const isInside = ({ before, after }: DnsChange) =>
    [...before, ...after].every((set) => isWithin(set.name, zone.name));
  const outcomes = new Map(await apply(changes.filter(isInside)));
  for (const change of changes.filter((one) => !isInside(one))) {
    const message = `Cannot write "${change.name}": it is outside the zone "${zone.name}"`;
    outcomes.set(change, { status: "refused", message });
  }
  return inOrder(changes, outcomes);
}
