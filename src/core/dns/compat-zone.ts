/**
 * Mode `compat` for one zone: external-dns' planner and registry over record sets, as a plan that providers carry out.
 * A record and its TXT are one change. Updates overwrite (`upsert`) as external-dns does, so a second writer is not
 * noticed; people who want that use mode `native`.
 */
import { compareText } from "../match-route.ts";
import { type CompatPlanInput, planCompat } from "./compat-plan.ts";
import { type CompatRegistry, changesWithTxts, ownedRecords } from "./compat-registry.ts";
import type { Endpoint } from "./endpoint.ts";
import { endpointOf, recordSetOf } from "./endpoint-set.ts";
import { makeBeforeBreak } from "./order.ts";
import {
  type DesiredSet,
  type DnsChange,
  type DnsConflict,
  type DnsPlan,
  type RecordSet,
  recordKey,
  type Zone,
} from "./records.ts";

export interface CompatZoneInput {
  readonly zone: Zone;
  readonly current: readonly RecordSet[];
  readonly desired: readonly DesiredSet[];
  readonly registry: CompatRegistry;
  readonly policy: CompatPlanInput["policy"];
  readonly filter: CompatPlanInput["filter"];
  /** TTL of registry TXTs and of endpoints without one. */
  readonly ttlSeconds: number;
}

/** Plans one zone as external-dns would. Losers are not told, as there: conflicts name only what cannot be written. */
export function planCompatZone(input: CompatZoneInput): DnsPlan {
  const { registry, zone } = input;
  const owned = ownedRecords(registry, input.current.map(endpointOf));
  const changes = planCompat({
    current: owned.records,
    desired: input.desired.map(({ set, resource }) => ({ ...endpointOf(set), labels: { resource } })),
    managedTypes: registry.managedTypes,
    excludedTypes: registry.excludedTypes,
    policy: input.policy,
    ownerId: registry.ownerId,
    oldOwnerId: registry.oldOwnerId,
    filter: input.filter,
  });
  const sent = changesWithTxts(registry, changes, owned.txts);
  const conflicts: DnsConflict[] = [];
  const standing = new Map(input.current.map((set) => [recordKey(set), set]));
  const change = (action: Action, [name, list]: Group): DnsChange | null =>
    toChange(input.ttlSeconds, standing, { action, name, list }, conflicts);
  const planned = [
    ...grouped(sent.delete).map((group) => change("delete", group)),
    ...grouped(sent.create).map((group) => change("create", group)),
    ...grouped(sent.updateNew).map((group) => change("upsert", group)),
  ];
  return { zone, changes: joined(planned.filter((change) => change !== null)), conflicts, held: [], removal: "" };
}

type Action = "create" | "upsert" | "delete";
type Group = readonly [name: string, list: readonly Endpoint[]];

function grouped(endpoints: readonly Endpoint[]): readonly Group[] {
  const byName = Map.groupBy(endpoints, (one) => one.labels["ownedRecord"] ?? one.dnsName);
  return [...byName].sort(([a], [b]) => compareText(a, b));
}

function toChange(
  ttlSeconds: number,
  standing: ReadonlyMap<string, RecordSet>,
  { action, name, list }: { readonly action: Action; readonly name: string; readonly list: readonly Endpoint[] },
  conflicts: DnsConflict[],
): DnsChange | null {
  const sets: RecordSet[] = [];
  for (const endpoint of list) {
    const set = recordSetOf(endpoint, ttlSeconds);
    if (set !== null) sets.push(set);
    else conflicts.push(unwritable(endpoint));
  }
  const there = sets.flatMap((set) => standing.get(recordKey(set)) ?? []);
  const resource = list.map((one) => one.labels["resource"] ?? "").find((one) => one !== "");
  const reason = resource === undefined ? "its resource no longer asks for it" : `${resource} asks for it`;
  if (action !== "delete") {
    return sets.length === 0 ? null : { action, name, before: action === "create" ? [] : there, after: sets, reason };
  }
  return there.length === 0 ? null : { action, name, before: there, after: [], reason };
}

/** A CNAME that gives way to addresses, or the reverse, is one replacement: in between the name would be empty. */
function joined(changes: readonly DnsChange[]): readonly DnsChange[] {
  const byName = Map.groupBy(changes, (change) => change.name);
  const result = [...byName.values()].flatMap((list): readonly DnsChange[] => {
    const removed = list.find((one) => one.action === "delete");
    const created = list.find((one) => one.action === "create");
    if (removed === undefined || created === undefined) return list;
    const both: DnsChange = { ...created, action: "replace", before: removed.before };
    return [both, ...list.filter((one) => one !== removed && one !== created)];
  });
  return makeBeforeBreak(result);
}

function unwritable(endpoint: Endpoint): DnsConflict {
  const { dnsName, recordType, setIdentifier, labels } = endpoint;
  const message = `Cannot publish ${recordType} "${dnsName}": its name, target or properties cannot be read`;
  const id = setIdentifier === "" ? null : setIdentifier;
  return {
    name: dnsName,
    type: recordType,
    setIdentifier: id,
    code: "refused",
    owner: null,
    resource: labels["resource"] ?? "",
    message,
  };
}
