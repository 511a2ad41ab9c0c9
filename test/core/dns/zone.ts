/** A strict zone for tests: conditions are compared, what DNS refuses is refused, a change happens or does not. */
import type { PlanInput } from "../../../src/core/dns/plan-input.ts";
import { EVERY_NAME } from "../../../src/core/dns/domain-filter.ts";
import { canStandTogether, sameSet } from "../../../src/core/dns/lawful.ts";
import {
  type DesiredSet,
  type DnsCapabilities,
  type DnsChange,
  plainSet,
  type RecordSet,
  recordKey,
} from "../../../src/core/dns/records.ts";

export const ZONE = { name: "example.org", visibility: "public", id: "Z1" } as const;

export const EVERYTHING: DnsCapabilities = {
  provider: "test DNS",
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

export function a(name: string, ...values: string[]): RecordSet {
  return plainSet(name, "A", values, 30);
}

export function cname(name: string, target: string): RecordSet {
  return plainSet(name, "CNAME", [target], 30);
}

export function txt(name: string, text: string): RecordSet {
  return plainSet(name, "TXT", [`"${text}"`], 300);
}

export function wish(set: RecordSet, resource = "service/shop/web"): DesiredSet {
  return { set, resource, visibility: "public" };
}

export function planInput(input: Partial<PlanInput>): PlanInput {
  return {
    zone: ZONE,
    capabilities: EVERYTHING,
    owner: "east",
    current: [],
    desired: [],
    keep: new Set(),
    policy: "sync",
    filter: EVERY_NAME,
    adopt: new Set(),
    isExplained: () => true,
    isApproved: () => false,
    nowSeconds: 1_790_000_000,
    otherRegistry: { prefix: "", suffix: "", wildcardReplacement: "" },
    ...input,
  };
}

/** The zone after a change, or null when its condition does not hold. Throws for what no name server would hold. */
export function applied(zone: readonly RecordSet[], change: DnsChange): readonly RecordSet[] | null {
  const byKey = new Map(zone.map((set) => [recordKey(set), set]));
  const expected = new Set(change.before.map(recordKey));
  const holds = change.before.every((set) => {
    const standing = byKey.get(recordKey(set));
    return standing !== undefined && sameSet(standing, set);
  });
  const isFree = change.after.every((set) => expected.has(recordKey(set)) || !byKey.has(recordKey(set)));
  if (!holds || !isFree) return null;
  for (const set of change.before) byKey.delete(recordKey(set));
  for (const set of change.after) byKey.set(recordKey(set), set);
  const next = [...byKey.values()];
  assertLawful(next);
  return next;
}

/** Applies a whole plan, every change of which must hold. */
export function appliedAll(zone: readonly RecordSet[], changes: readonly DnsChange[]): readonly RecordSet[] {
  return changes.reduce((now, change) => {
    const next = applied(now, change);
    if (next === null) throw new Error(`Cannot apply the change of "${change.name}": its condition does not hold`);
    return next;
  }, zone);
}

export function assertLawful(zone: readonly RecordSet[]): void {
  for (const [name, sets] of Map.groupBy(zone, (set) => set.name)) {
    for (const [index, set] of sets.entries()) {
      const clash = sets.slice(index + 1).find((other) => !canStandTogether(set, other));
      if (clash !== undefined) throw new Error(`Unlawful at "${name}": ${set.type} beside ${clash.type}`);
      if (set.alias === null && set.values.length === 0) throw new Error(`Empty set at "${name}"`);
    }
  }
}

/** Comparable form of a zone. */
export function shown(zone: readonly RecordSet[]): string[] {
  return zone.map((set) => JSON.stringify(set)).sort();
}
