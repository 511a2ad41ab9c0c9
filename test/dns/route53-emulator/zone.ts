/** One hosted zone: a batch is taken whole or not at all. */
import { isExactly, keyOf, type StoredSet } from "./record-set.ts";
import { type Complaint, complaintOf } from "./rules.ts";

export interface Change {
  readonly action: string;
  readonly set: StoredSet;
}

export interface HostedZone {
  readonly id: string;
  readonly name: string;
  readonly isPrivate: boolean;
  readonly callerReference: string;
  sets: ReadonlyMap<string, StoredSet>;
}

const MAX_RECORDS = 1000;
const MAX_CHARACTERS = 32_000;
const MAX_SETS = 10_000;
const MAX_GROUP = 100;

export type BatchResult =
  | { readonly ok: true; readonly sets: ReadonlyMap<string, StoredSet> }
  | {
      readonly ok: false;
      readonly code: Complaint["code"] | "NoSuchHealthCheck";
      readonly messages: readonly string[];
    };

export interface Surroundings {
  readonly zones: ReadonlyMap<string, HostedZone>;
  readonly healthChecks: ReadonlySet<string>;
}

export function tryBatch(zone: HostedZone, changes: readonly Change[], around: Surroundings): BatchResult {
  const refuse = (code: Complaint["code"], ...messages: string[]): BatchResult => ({ ok: false, code, messages });
  if (changes.length === 0)
    return refuse(
      "InvalidInput",
      "1 validation error detected: Value at 'changeBatch.changes' must have length greater than or equal to 1",
    );
  const times = (change: Change) => (change.action === "UPSERT" ? 2 : 1);
  const records = changes.reduce((sum, one) => sum + times(one) * one.set.values.length, 0);
  const characters = changes.reduce((sum, one) => sum + times(one) * one.set.values.join("").length, 0);
  if (records > MAX_RECORDS || changes.length > MAX_RECORDS)
    return refuse("InvalidChangeBatch", `Number of records limit of ${MAX_RECORDS} exceeded.`);
  if (characters > MAX_CHARACTERS)
    return refuse("InvalidChangeBatch", `Maximum value size of ${MAX_CHARACTERS} characters exceeded.`);
  const complaints = changes.map(({ set }) => complaintOf(set, zone.name)).filter((one) => one !== null);
  const inputs = complaints.filter((one) => one.code === "InvalidInput").map((one) => one.message);
  if (inputs.length > 0) return refuse("InvalidInput", ...inputs);
  const unknown = changes.find(({ set }) => set.healthCheckId !== null && !around.healthChecks.has(set.healthCheckId));
  if (unknown !== undefined)
    return {
      ok: false,
      code: "NoSuchHealthCheck",
      messages: [`No health check found with id: ${unknown.set.healthCheckId}`],
    };

  const messages = complaints.map((one) => one.message);
  const next = new Map(zone.sets);
  for (const change of changes) {
    const message = tryChange(zone, next, change);
    if (message !== null) messages.push(message);
  }
  const touched = new Set(changes.map(({ set }) => set.name));
  messages.push(...together(zone, next, touched), ...aliases(next, changes, zone, around.zones));
  if (next.size > MAX_SETS)
    messages.push(`The request could not be processed because the zone would have more than ${MAX_SETS} record sets`);
  return messages.length > 0 ? refuse("InvalidChangeBatch", ...new Set(messages)) : { ok: true, sets: next };
}

function tryChange(zone: HostedZone, next: Map<string, StoredSet>, { action, set }: Change): string | null {
  const identifier = set.setIdentifier === null ? "" : `, set-identifier='${set.setIdentifier}'`;
  const what = `resource record set [name='${set.name}', type='${set.type}'${identifier}]`;
  const there = next.get(keyOf(set));
  if (action === "DELETE") {
    if (there === undefined) return `Tried to delete ${what} but it was not found`;
    if (!isExactly(there, set))
      return `Tried to delete ${what} but the values provided do not match the current values`;
    if (set.name === zone.name && (set.type === "SOA" || set.type === "NS"))
      return `A HostedZone must contain at least one ${set.type} record for the zone itself.`;
    next.delete(keyOf(set));
    return null;
  }
  if (action === "CREATE" && there !== undefined) return `Tried to create ${what} but it already exists`;
  next.set(keyOf(set), set);
  return null;
}

/** What stands at one name together. */
function together(
  zone: HostedZone,
  sets: ReadonlyMap<string, StoredSet>,
  names: ReadonlySet<string>,
): readonly string[] {
  const messages: string[] = [];
  const groups = new Map<string, Map<string, StoredSet[]>>();
  for (const set of sets.values()) {
    if (!names.has(set.name)) continue;
    const types = groups.get(set.name) ?? new Map<string, StoredSet[]>();
    groups.set(set.name, types.set(set.type, [...(types.get(set.type) ?? []), set]));
  }
  for (const [name, types] of groups) {
    if (types.has("CNAME") && types.size > 1) {
      messages.push(
        `RRSet of type CNAME with DNS name ${name} is not permitted as it conflicts with other records with the same DNS name in zone ${zone.name}`,
      );
    }
    for (const [type, group] of types) messages.push(...groupMessages(name, type, group));
  }
  return messages;
}

function groupMessages(name: string, type: string, group: readonly StoredSet[]): readonly string[] {
  const kinds = new Set(group.map(policyOf));
  const [first] = group;
  if (first === undefined) return [];
  const set = `RRSet with DNS name ${name}, type ${type}, SetIdentifier ${first.setIdentifier}`;
  if (kinds.size > 1)
    return [
      `${set} cannot be created because a ${[...kinds].sort().join(" and a ")} rrset exist with the same name and type`,
    ];
  if (group.length > MAX_GROUP)
    return [`${set} cannot be created because there are more than ${MAX_GROUP} with the same name and type`];
  const places = group.map((one) => JSON.stringify([one.region, one.geoLocation, one.failover, one.geoProximity]));
  const isPlaced = !kinds.has("weighted") && !kinds.has("multivalue") && !kinds.has("simple");
  if (isPlaced && new Set(places).size < places.length)
    return [`${set} cannot be created as another RRSet exists with the same name, type and place`];
  return [];
}

function policyOf(set: StoredSet): string {
  if (set.weight !== null) return "weighted";
  if (set.region !== null) return "latency";
  if (set.geoLocation !== null) return "geolocation";
  if (set.geoProximity !== null) return "geoproximity";
  if (set.failover !== null) return "failover";
  return set.multiValue ? "multivalue" : "simple";
}

/** An alias to a name in a hosted zone needs that name; those of other services are not known here. */
function aliases(
  next: ReadonlyMap<string, StoredSet>,
  changes: readonly Change[],
  zone: HostedZone,
  zones: ReadonlyMap<string, HostedZone>,
): readonly string[] {
  return changes.flatMap(({ action, set }) => {
    if (action === "DELETE" || set.alias === null || !zones.has(set.alias.zoneId)) return [];
    const { zoneId, name } = set.alias;
    const sets = zoneId === zone.id ? next : zones.get(zoneId)?.sets;
    const isThere = [...(sets?.values() ?? [])].some((one) => one.name === name && one.type === set.type);
    return isThere
      ? []
      : [
          `Tried to create an alias that targets ${name}, type ${set.type} in zone ${zoneId}, but that target was not found`,
        ];
  });
}
