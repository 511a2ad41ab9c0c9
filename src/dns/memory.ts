import type { DnsCapabilities, DnsChange, RecordSet, Zone } from "../core/dns/records.ts";
import { problemAtName, problemOfSet } from "./lawful.ts";
import { APPLIED, type ChangeOutcome, type DnsProvider } from "./provider.ts";
import { byKey, sortByKey, sortZones, standing, stepsOf } from "./standing.ts";

/** Zones in one process's memory, which several providers may share as several controls share a real one. */
export interface MemoryZones {
  readonly zones: readonly Zone[];
  readonly sets: ReadonlyMap<string, Map<string, RecordSet>>;
}

/** Empty zones; their apex holds what every zone's does. */
export function memoryZones(...zones: readonly Zone[]): MemoryZones {
  const sets = new Map<string, Map<string, RecordSet>>();
  for (const { id, name } of zones) sets.set(id, byKey([apex(name, "NS", `ns1.${name}`), soa(name)]));
  return { zones, sets };
}

/** The strict reference: everything the contract says, nothing that DNS refuses. */
export function memoryDns(world: MemoryZones): DnsProvider {
  const holding = (zone: Zone) => {
    const sets = world.sets.get(zone.id);
    if (sets === undefined) throw new Error(`Cannot reach the zone "${zone.name}" (${zone.id}): there is none`);
    return sets;
  };
  return {
    name: "memory",
    capabilities: MEMORY_CAPABILITIES,
    async zones() {
      return sortZones(world.zones);
    },
    async list(zone) {
      return sortByKey(holding(zone).values());
    },
    async apply(zone, changes) {
      return changes.map((change) => {
        try {
          return applyOne(zone, holding(zone), change);
        } catch (error) {
          return { status: "failed", message: error instanceof Error ? error.message : String(error) };
        }
      });
    },
  };
}

function applyOne(zone: Zone, sets: Map<string, RecordSet>, change: DnsChange): ChangeOutcome {
  const stands = standing(change, sets, "change");
  if (stands.state === "done") return APPLIED;
  if (stands.state === "overtaken") return { status: "overtaken", message: stands.message };
  const next = new Map(sets);
  const steps = stepsOf(change);
  for (const { key, to } of steps) {
    if (to === null) next.delete(key);
    else next.set(key, structuredClone(to));
  }
  const problem = firstProblem(zone, next, change);
  if (problem !== null) return { status: "refused", message: problem };
  for (const { key } of steps) {
    const to = next.get(key);
    if (to === undefined) sets.delete(key);
    else sets.set(key, to);
  }
  return APPLIED;
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
  provider: "memory",
  atomicity: "change",
  fence: "exact",
  policies: ["weighted", "latency", "geolocation", "geoproximity", "failover", "multivalue"],
  bias: true,
  geolocation: { continent: true, country: true, subdivision: true },
  healthChecks: true,
  alias: true,
  minTtlSeconds: 0,
  maxValues: 400,
};

function apex(name: string, type: string, value: string): RecordSet {
  const rest = { setIdentifier: null, policy: null, healthCheckId: null, alias: null, properties: [] };
  return { name, type, ttlSeconds: 3600, values: [value], ...rest };
}

function soa(name: string): RecordSet {
  return apex(name, "SOA", `ns1.${name} hostmaster.${name} 1 7200 900 1209600 60`);
}
