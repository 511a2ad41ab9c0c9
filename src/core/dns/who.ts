/** Whose a name is, and why it holds what it holds: for `portolan dns who` and `portolan dns list`. */
import type { DesiredSet, RecordSet } from "./records.ts";
import { recordKey } from "./records.ts";
import { readOwnership, registryNameOf, subjectOfRegistry } from "./registry.ts";
import { sameSet } from "./lawful.ts";
import { ownedRecords } from "./compat-registry.ts";
import { endpointOf } from "./endpoint-set.ts";
import type { ZoneSettings } from "./settings.ts";

/** Somebody's claim to a part of a name. */
export interface NameClaim {
  readonly owner: string;
  /** Who keeps the claim: our own TXT, or an external-dns'. */
  readonly registry: "portolan" | "external-dns";
  /** Seconds since the epoch; null where the registry does not say. */
  readonly sinceSeconds: number | null;
  readonly resources: readonly string[];
  readonly type: string;
  /** What this owner put there; empty where its registry does not say. */
  readonly values: readonly string[];
}

export interface NameReport {
  readonly name: string;
  readonly sets: readonly RecordSet[];
  readonly claims: readonly NameClaim[];
  /** What is wanted there by us now. */
  readonly wanted: readonly { readonly resource: string; readonly set: RecordSet; readonly stands: boolean }[];
}

/** One name of a zone, as its records and our wishes say. */
export function whoOwns(
  name: string,
  current: readonly RecordSet[],
  desired: readonly DesiredSet[],
  settings: ZoneSettings,
): NameReport {
  const sets = current.filter((set) => set.name === name);
  const wanted = desired
    .filter(({ set }) => set.name === name)
    .map(({ set, resource }) => ({ resource, set, stands: sets.some((one) => holds(one, set)) }));
  return { name, sets, claims: [...ownClaims(name, current), ...foreignClaims(name, current, settings)], wanted };
}

/** Owner ids of each set of a zone, by `recordKey`. */
export function ownersOf(
  current: readonly RecordSet[],
  settings: ZoneSettings,
): ReadonlyMap<string, readonly string[]> {
  const owners = new Map<string, Set<string>>();
  const add = (key: string, owner: string): unknown => owners.set(key, (owners.get(key) ?? new Set()).add(owner));
  for (const registry of current) {
    const subject = registry.type === "TXT" ? subjectOfRegistry(registry.name) : null;
    if (subject === null) continue;
    for (const { owner, set } of readOwnership(subject, registry).contributions) {
      add(recordKey(set), owner);
      add(recordKey(registry), owner);
    }
  }
  for (const { dnsName, recordType, setIdentifier, labels } of externalRecords(current, settings)) {
    const { owner } = labels;
    const id = setIdentifier === "" ? null : setIdentifier;
    if (owner !== undefined) add(recordKey({ name: dnsName, type: recordType, setIdentifier: id }), owner);
  }
  return new Map([...owners].map(([key, list]) => [key, [...list].sort()]));
}

function ownClaims(name: string, current: readonly RecordSet[]): readonly NameClaim[] {
  const registry = current.find((set) => set.name === registryNameOf(name) && set.type === "TXT") ?? null;
  return readOwnership(name, registry).contributions.map(({ owner, sinceSeconds, resources, set }) => ({
    owner,
    registry: "portolan",
    sinceSeconds,
    resources,
    type: set.type,
    values: set.alias === null ? set.values : [set.alias.name],
  }));
}

function foreignClaims(name: string, current: readonly RecordSet[], settings: ZoneSettings): readonly NameClaim[] {
  return externalRecords(current, settings).flatMap(({ dnsName, recordType, labels }): readonly NameClaim[] => {
    const { owner, resource } = labels;
    if (dnsName !== name || owner === undefined) return [];
    const resources = resource === undefined ? [] : [resource];
    return [{ owner, registry: "external-dns", sinceSeconds: null, resources, type: recordType, values: [] }];
  });
}

function externalRecords(current: readonly RecordSet[], { registry, owner }: ZoneSettings) {
  const { managedTypes, excludedTypes, ...format } = registry;
  // As it stands: who migrates is told the old owner.
  return ownedRecords({ format, ownerId: owner, oldOwnerId: "", managedTypes, excludedTypes }, current.map(endpointOf))
    .records;
}

/** Whether a set holds what is wanted; values of co-owners beside it do not matter. */
function holds(standing: RecordSet, wanted: RecordSet): boolean {
  if (recordKey(standing) !== recordKey(wanted)) return false;
  return (
    sameSet(standing, wanted) || (wanted.alias === null && wanted.values.every((one) => standing.values.includes(one)))
  );
}
