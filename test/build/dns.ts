import type { DnsChange, RecordSet, RoutingPolicy } from "../../src/core/dns/records.ts";

/** A simple set; anything else is given as an override. */
export function recordSet(
  name: string,
  type: string,
  values: readonly string[],
  override: Partial<RecordSet> = {},
): RecordSet {
  return {
    name,
    type,
    ttlSeconds: 60,
    values: values.toSorted(),
    setIdentifier: null,
    policy: null,
    healthCheckId: null,
    alias: null,
    properties: [],
    ...override,
  };
}

export function weighted(name: string, identifier: string, weight: number, value: string): RecordSet {
  return withPolicy(name, identifier, { type: "weighted", weight }, value);
}

export function withPolicy(name: string, identifier: string, policy: RoutingPolicy, value: string): RecordSet {
  return recordSet(name, "A", [value], { setIdentifier: identifier, policy });
}

/** The name of a change is that of its first set. */
function change(action: DnsChange["action"], before: readonly RecordSet[], after: readonly RecordSet[]): DnsChange {
  return { action, name: (after[0] ?? before[0])?.name ?? "", before, after, reason: "a test asked for it" };
}

export const create = (...after: readonly RecordSet[]): DnsChange => change("create", [], after);
export const remove = (...before: readonly RecordSet[]): DnsChange => change("delete", before, []);
export const upsert = (...after: readonly RecordSet[]): DnsChange => change("upsert", [], after);
export const replace = (before: readonly RecordSet[], after: readonly RecordSet[]): DnsChange =>
  change("replace", before, after);
