/**
 * Current records, desired records and ownership of one zone → ordered changes (mode `native`). Other people's records
 * are conditions and obstacles, never material.
 */
import { compareText } from "../match-route.ts";
import { canonicalJson } from "../snapshot/canonical.ts";
import { addressNameOf } from "./answer.ts";
import { passesFilter } from "./domain-filter.ts";
import { holdRemovals } from "./hold.ts";
import { delegationAbove, delegationsIn, isWithin } from "./names.ts";
import { makeBeforeBreak } from "./order.ts";
import type { NameState, PlanInput } from "./plan-input.ts";
import { planName } from "./plan-name.ts";
import {
  type DesiredSet,
  type DnsCapabilities,
  type DnsChange,
  type DnsConflict,
  type DnsPlan,
  type RecordSet,
  recordKey,
} from "./records.ts";
import { readOwnership, subjectOfRegistry } from "./registry.ts";
import { setProblem } from "./set-problem.ts";
import { parseLabels, subjectOfTxt } from "./txt-registry.ts";

/**
 * Plans one zone. Total for any zone contents; the order of its inputs never matters. What happens to one set:
 *
 * | at the key now          | wanted by us | claimed in the ownership TXT | then                                          |
 * |-------------------------|--------------|------------------------------|-----------------------------------------------|
 * | nothing                 | yes          | by nobody, or by us          | create, with the TXT                          |
 * | nothing                 | no           | by us                        | the claim goes (somebody deleted the set)     |
 * | as wanted               | yes          | by us                        | nothing                                       |
 * | something else          | yes          | by us                        | replace; never under `create-only`            |
 * | something               | yes          | by others, union lawful      | replace by the union, and claim our part      |
 * | something               | yes          | by others, no lawful union   | conflict `other-owner`                        |
 * | something               | yes          | by nobody                    | conflict `foreign`, unless adopted            |
 * | something               | no           | by us and others             | replace by the others' part                   |
 * | something               | no           | by us alone                  | delete; under `sync` only                     |
 * | something               | no           | by nobody, or by others      | nothing: it is not ours                       |
 * | other type or policy that cannot stand beside the wanted set | yes | by us alone | one change replaces both; where the provider cannot, conflict `refused` |
 * | the same                | yes          | by others or nobody          | conflict                                      |
 *
 * Removals then pass `holdRemovals` (rule 4), and the rest is ordered by `makeBeforeBreak`.
 */
export function planZone(input: PlanInput): DnsPlan {
  const conflicts: DnsConflict[] = [];
  const wanted = accepted(input, conflicts);
  const refused = new Set(conflicts.map((one) => one.name));
  const states = nameStates(input);
  const names = new Set([
    ...wanted.keys(),
    ...[...states.values()].filter((one) => isOurs(one, input)).map((one) => one.name),
  ]);
  // What a kept name points to is kept with it.
  const kept = new Set([...input.keep].flatMap((name) => [name, addressNameOf(name)]));
  const changes: DnsChange[] = [];
  for (const name of [...names].sort(compareText)) {
    if (kept.has(name) || !passesFilter(input.filter, name)) continue;
    const planned = planName(input, states.get(name) ?? emptyState(name), wanted.get(name) ?? [], refused.has(name));
    changes.push(...planned.changes);
    conflicts.push(...planned.conflicts);
  }
  const owned = [...states.values()].flatMap((one) =>
    one.ownership.contributions.filter((each) => each.owner === input.owner),
  );
  const { passed, held, removal } = holdRemovals(input, changes, owned);
  return {
    zone: input.zone,
    changes: makeBeforeBreak(passed),
    conflicts: conflicts.sort((a, b) => compareText(canonicalJson(a), canonicalJson(b))),
    held,
    removal,
  };
}

/** Desired sets by name, without those that DNS or the provider refuses, each with a TTL that the provider takes. */
function accepted(input: PlanInput, conflicts: DnsConflict[]): ReadonlyMap<string, readonly DesiredSet[]> {
  const good: DesiredSet[] = [];
  const delegations = delegationsIn(input.zone, input.current);
  for (const one of input.desired) {
    if (!passesFilter(input.filter, one.set.name)) continue;
    const problem = problemOf(one.set, input, delegations);
    if (problem === null) good.push({ ...one, set: clipped(one.set, input.capabilities) });
    else conflicts.push(refusal(one, problem));
  }
  return Map.groupBy(good, (one) => one.set.name);
}

function problemOf(set: RecordSet, { zone, capabilities }: PlanInput, delegations: ReadonlySet<string>): string | null {
  if (!isWithin(set.name, zone.name)) return `it is outside the zone "${zone.name}"`;
  const cut = delegationAbove(set.name, zone, delegations);
  if (cut !== null) return `"${cut}" is delegated to other name servers, so that nobody would see it`;
  return setProblem(set, zone, capabilities);
}

/** What one ownership value may list: Route 53 takes 4000 characters in a TXT value. */
const MAX_LISTED = 3000;

function clipped(set: RecordSet, { minTtlSeconds, maxValues }: DnsCapabilities): RecordSet {
  const ttlSeconds = set.ttlSeconds === null ? null : Math.max(set.ttlSeconds, minTtlSeconds);
  let listed = 0;
  // Fewer answers rather than none: resolvers use a handful anyway.
  const values = set.values.slice(0, maxValues).filter((value) => {
    listed += value.length + 1;
    return listed <= MAX_LISTED;
  });
  return { ...set, ttlSeconds, values };
}

function refusal({ set, resource }: DesiredSet, problem: string): DnsConflict {
  const { name, type, setIdentifier } = set;
  const message = `Cannot publish ${type} "${name}" for ${resource}: ${problem}`;
  return { name, type, setIdentifier, code: "refused", owner: null, resource, message };
}

/** Every name that has records or ownership; ownership TXTs are part of the name that they speak of. */
function nameStates(input: PlanInput): ReadonlyMap<string, NameState> {
  const otherOwners = ownersElsewhere(input);
  const registries = new Map<string, RecordSet>();
  const byName = new Map<string, Map<string, RecordSet>>();
  for (const set of input.current) {
    const subject = subjectOfRegistry(set.name);
    if (subject !== null && set.type === "TXT") registries.set(subject, set);
    const name = subject ?? set.name;
    const sets = byName.get(name) ?? new Map<string, RecordSet>();
    byName.set(name, sets);
    if (subject === null) sets.set(recordKey(set), set);
  }
  const states = new Map<string, NameState>();
  for (const [name, sets] of byName) {
    const registry = registries.get(name) ?? null;
    const ownership = readOwnership(name, registry);
    states.set(name, { name, sets, registry, ownership, otherOwner: otherOwners.get(name) ?? null });
  }
  return states;
}

/** Owners that an external-dns keeps beside its records, by the record's name. */
function ownersElsewhere(input: PlanInput): ReadonlyMap<string, string> {
  const owners = new Map<string, string>();
  for (const set of input.current) {
    if (set.type !== "TXT") continue;
    const owner = parseLabels(set.values[0] ?? "")?.["owner"];
    if (owner !== undefined) owners.set(subjectOfTxt(input.otherRegistry, set.name).recordName, owner);
  }
  return owners;
}

function emptyState(name: string): NameState {
  return { name, sets: new Map(), registry: null, ownership: { contributions: [], unreadable: [] }, otherOwner: null };
}

function isOurs(state: NameState, { owner }: PlanInput): boolean {
  return state.ownership.contributions.some((one) => one.owner === owner);
}
