/**
 * external-dns' planner, rule by rule, so that people can move here and back without one record changing (mode
 * `compat`). Its gaps are kept on purpose: resources that want one name are not merged, and the loser hears nothing.
 * Mode `native` (`plan.ts`) does better.
 *
 * Rows are (normalised name, set identifier); inside a row, by record type:
 *
 * | current | candidates | then                                                                                      |
 * |---------|------------|-------------------------------------------------------------------------------------------|
 * | none in the row | some | create the smallest candidate of each type                                             |
 * | some in the row | none in the row | delete every current record of the row                                      |
 * | this type       | not this type   | delete                                                                      |
 * | not this type   | this type       | create the smallest, if there is no owner id or it owns every current record of the row |
 * | this type       | this type       | update to the holder's candidate, else to the smallest, if anything differs  |
 */
import { type DomainFilter, passesFilter } from "./domain-filter.ts";
import type { Endpoint, EndpointChanges, EndpointProperty } from "./endpoint.ts";
import { canonicalJson } from "../snapshot/canonical.ts";
import { normaliseName } from "./idna.ts";
import { compareTargets, sameTargets } from "./targets.ts";

export type DnsPolicy = "sync" | "upsert-only" | "create-only";

export interface CompatPlanInput {
  readonly current: readonly Endpoint[];
  readonly desired: readonly Endpoint[];
  readonly managedTypes: readonly string[];
  readonly excludedTypes: readonly string[];
  readonly policy: DnsPolicy;
  /** Empty: nobody's ownership is asked for. */
  readonly ownerId: string;
  /** The owner id that is being replaced; empty outside a migration. */
  readonly oldOwnerId: string;
  readonly filter: DomainFilter;
}

interface Cell {
  current: Endpoint | null;
  candidates: Endpoint[];
}

interface Row {
  readonly current: Endpoint[];
  readonly candidates: Endpoint[];
}

/** The changes external-dns would send to its registry. */
export function planCompat(input: CompatPlanInput): EndpointChanges {
  const create: Endpoint[] = [];
  const updates: { from: Endpoint; to: Endpoint }[] = [];
  const remove: Endpoint[] = [];
  for (const row of rows(input).values()) {
    if (row.candidates.length === 0) {
      remove.push(...row.current);
      continue;
    }
    const mayAdd = input.ownerId === "" || row.current.every((one) => ownerOf(one) === input.ownerId);
    for (const cell of effectiveCells(row.current, row.candidates).values()) {
      const { current, candidates } = cell;
      if (candidates.length === 0) {
        if (current !== null) remove.push(current);
      } else if (current === null) {
        if (mayAdd) create.push(smallest(candidates));
      } else {
        const winner = winningCandidate(current, candidates);
        if (differs(current, winner, input)) updates.push({ from: current, to: inheritOwner(current, winner) });
      }
    }
  }
  return restrict({ create, updates, remove }, input);
}

/** Whether there is anything to send: updates that change nothing count as nothing. */
export function hasChanges(changes: EndpointChanges): boolean {
  if (changes.create.length > 0 || changes.delete.length > 0) return true;
  return changes.updateNew.some((one, index) => canonicalJson(one) !== canonicalJson(changes.updateOld[index]));
}

/** Current record and candidates of each type of a row; CNAME candidates yield to any other type. */
export function effectiveCells(
  current: readonly Endpoint[],
  candidates: readonly Endpoint[],
): ReadonlyMap<string, { readonly current: Endpoint | null; readonly candidates: readonly Endpoint[] }> {
  const cells = new Map<string, Cell>();
  const cell = (type: string): Cell => {
    const found = cells.get(type) ?? { current: null, candidates: [] };
    cells.set(type, found);
    return found;
  };
  for (const one of current) cell(one.recordType).current = one;
  for (const one of candidates) cell(one.recordType).candidates.push(one);
  const names = candidates.filter((one) => one.recordType === "CNAME").length;
  if (names > 0 && names < candidates.length) cell("CNAME").candidates = [];
  return cells;
}

/** The smallest candidate: see `compareTargets`; the first of equals. */
export function smallest(candidates: readonly Endpoint[]): Endpoint {
  const [first, ...rest] = candidates;
  if (first === undefined) throw new RangeError("Cannot choose a candidate: there is none");
  return rest.reduce((best, one) => (compareTargets(one.targets, best.targets) < 0 ? one : best), first);
}

/** The holder's smallest candidate, so that a name does not wander between resources; else the smallest of all. */
export function winningCandidate(current: Endpoint, candidates: readonly Endpoint[]): Endpoint {
  const held = candidates.filter((one) => (one.labels["resource"] ?? "") === (current.labels["resource"] ?? ""));
  return smallest(held.length > 0 ? held : candidates);
}

/** Whether two property lists differ as sets. */
export function propertiesDiffer(a: readonly EndpointProperty[], b: readonly EndpointProperty[]): boolean {
  const text = (list: readonly EndpointProperty[]): string =>
    JSON.stringify(
      list.map(({ name, value }) => [name, value]).sort(([x = ""], [y = ""]) => (x < y ? -1 : x > y ? 1 : 0)),
    );
  return text(a) !== text(b);
}

function rows(input: CompatPlanInput): Map<string, Row> {
  const found = new Map<string, Row>();
  const add = (list: readonly Endpoint[], into: keyof Row): void => {
    for (const one of list.filter((endpoint) => isManaged(endpoint, input))) {
      const key = `${normaliseName(one.dnsName)}\t${one.setIdentifier}`;
      const row = found.get(key) ?? { current: [], candidates: [] };
      row[into].push(one);
      found.set(key, row);
    }
  };
  add(input.current, "current");
  add(input.desired, "candidates");
  return found;
}

function isManaged(endpoint: Endpoint, input: CompatPlanInput): boolean {
  if (!input.managedTypes.includes(endpoint.recordType) || input.excludedTypes.includes(endpoint.recordType))
    return false;
  return passesFilter(input.filter, endpoint.dnsName);
}

function differs(current: Endpoint, desired: Endpoint, input: CompatPlanInput): boolean {
  if (desired.recordTTL > 0 && desired.recordTTL !== current.recordTTL) return true;
  if (!sameTargets(current.targets, desired.targets)) return true;
  if (propertiesDiffer(current.providerSpecific, desired.providerSpecific)) return true;
  return input.oldOwnerId !== "" && ownerOf(current) !== input.oldOwnerId;
}

function inheritOwner(current: Endpoint, desired: Endpoint): Endpoint {
  return { ...desired, labels: { ...desired.labels, owner: ownerOf(current) } };
}

function restrict(
  all: { create: Endpoint[]; updates: { from: Endpoint; to: Endpoint }[]; remove: Endpoint[] },
  { policy, ownerId }: CompatPlanInput,
): EndpointChanges {
  const isOurs = (one: Endpoint): boolean => ownerId === "" || ownerOf(one) === ownerId;
  const updates = policy === "create-only" ? [] : all.updates.filter(({ from }) => isOurs(from));
  const remove = policy === "sync" ? withoutRepetition(all.remove.filter(isOurs), ownerId) : [];
  return {
    create: all.create,
    updateOld: updates.map(({ from }) => from),
    updateNew: updates.map(({ to }) => to),
    delete: remove,
  };
}

function withoutRepetition(list: readonly Endpoint[], ownerId: string): readonly Endpoint[] {
  if (ownerId === "") return list;
  const seen = new Map(list.map((one) => [`${one.dnsName}\t${one.recordType}\t${one.setIdentifier}`, one]));
  return [...seen.values()];
}

function ownerOf(endpoint: Endpoint): string {
  return endpoint.labels["owner"] ?? "";
}
