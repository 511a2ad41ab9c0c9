import { EVERY_POLICY } from "../core/dns/capabilities.ts";
import { causeOf } from "../core/cause.ts";
import type { DnsCapabilities, DnsChange, RecordSet, Zone } from "../core/dns/records.ts";
import { problemAtName, problemOfSet } from "./zone-rules.ts";
import { type Attempt, PATIENCE, type Patience, patiently, realTime, type Time } from "./pace.ts";
import { APPLIED, type ChangeOutcome, type DnsProvider } from "./provider.ts";
import { byKey, type RecordMap, sortByKey, sortZones, standing, stepsOf } from "./standing.ts";

/** Zones that several providers may share, as several controls share a real far side. */
export interface MemoryZones {
  readonly zones: readonly Zone[];
  /** What the zone holds now, never half of a change; null for a zone that is not there. */
  read(zoneId: string): Promise<RecordMap | null>;
  /** Puts `next` in the place of `expected`, if that is what the zone still holds. */
  swap(zoneId: string, expected: RecordMap, next: RecordMap): Promise<boolean>;
}

/** Empty zones in this process's memory; their apex holds what every zone's does. */
export function memoryZones(...zones: readonly Zone[]): MemoryZones {
  const held = new Map<string, RecordMap>();
  for (const { id, name } of zones) held.set(id, byKey([apex(name, "NS", `ns1.${name}`), soa(name)]));
  return {
    zones,
    async read(zoneId) {
      return held.get(zoneId) ?? null;
    },
    async swap(zoneId, expected, next) {
      if (held.get(zoneId) !== expected) return false;
      held.set(zoneId, next);
      return true;
    },
  };
}

export interface MemoryDnsOptions {
  readonly time?: Time;
  readonly patience?: Patience;
}

/** The strict reference: everything the contract says, nothing that DNS refuses. */
export function memoryDns(world: MemoryZones, options: MemoryDnsOptions = {}): DnsProvider {
  const { time = realTime, patience = PATIENCE } = options;
  const retry = <T>(work: () => Promise<Attempt<T>>) => patiently(() => work().catch(isBusy), time, patience);
  return {
    name: "memory",
    capabilities: MEMORY_CAPABILITIES,
    async zones() {
      return sortZones(world.zones);
    },
    async list(zone) {
      const read = await retry(async () => ({ done: true, value: await world.read(zone.id) }));
      const problem = read.done ? "there is none" : read.cause;
      if (!read.done || read.value === null) throw new Error(`Cannot list the zone "${zone.name}": ${problem}`);
      return structuredClone(sortByKey(read.value.values()));
    },
    async apply(zone, changes) {
      const outcomes: ChangeOutcome[] = [];
      for (const change of changes) {
        const result = await retry(() => applyOne(world, zone, change));
        outcomes.push(result.done ? result.value : { status: "failed", message: result.cause });
      }
      return outcomes;
    },
  };
}

async function applyOne(world: MemoryZones, zone: Zone, change: DnsChange): Promise<Attempt<ChangeOutcome>> {
  const sets = await world.read(zone.id);
  if (sets === null) return { done: true, value: { status: "failed", message: `Cannot find the zone "${zone.name}"` } };
  const stands = standing(change, sets, "change");
  if (stands.state === "done") return { done: true, value: APPLIED };
  if (stands.state === "overtaken") return { done: true, value: { status: "overtaken", message: stands.message } };
  const next = new Map(sets);
  for (const { key, to } of stepsOf(change)) {
    if (to === null) next.delete(key);
    else next.set(key, structuredClone(to));
  }
  const problem = firstProblem(zone, next, change);
  if (problem !== null) return { done: true, value: { status: "refused", message: problem } };
  if (await world.swap(zone.id, sets, next)) return { done: true, value: APPLIED };
  return { done: false, cause: `Cannot change "${change.name}": another writer is faster`, retryAfterMs: null };
}

function isBusy(error: unknown): Attempt<never> {
  return { done: false, cause: causeOf(error), retryAfterMs: null };
}

function firstProblem(zone: Zone, next: ReadonlyMap<string, RecordSet>, change: DnsChange): string | null {
  for (const set of [...change.after, ...change.before]) {
    const problem = problemOfSet(set, zone);
    if (problem !== null) return problem;
  }
  for (const name of new Set(change.after.map((set) => set.name))) {
    const problem = problemAtName([...next.values()].filter((set) => set.name === name));
    if (problem !== null) return problem;
  }
  return null;
}

const MEMORY_CAPABILITIES: DnsCapabilities = {
  ...EVERY_POLICY,
  provider: "memory",
  atomicity: "change",
  fence: "exact",
};

function apex(name: string, type: string, value: string): RecordSet {
  const rest = { setIdentifier: null, policy: null, healthCheckId: null, alias: null, properties: [] };
  return { name, type, ttlSeconds: 3600, values: [value], ...rest };
}

function soa(name: string): RecordSet {
  return apex(name, "SOA", `ns1.${name} hostmaster.${name} 1 7200 900 1209600 60`);
}
