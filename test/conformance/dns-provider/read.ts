import { expect } from "vitest";
import { type DnsChange, type RecordSet, recordKey } from "../../../src/core/dns/records.ts";
import type { ChangeOutcome } from "../../../src/dns/provider.ts";
import type { RunningDns } from "../dns-provider.ts";

/** The zone without its apex's own records, whose content is the far side's business. */
export async function records(dns: RunningDns): Promise<readonly RecordSet[]> {
  return withoutApex(await dns.provider.list(dns.zone));
}

export function withoutApex(sets: readonly RecordSet[]): readonly RecordSet[] {
  return sets.filter((set) => set.name !== "example.org" || (set.type !== "NS" && set.type !== "SOA"));
}

export async function apply(dns: RunningDns, ...changes: readonly DnsChange[]): Promise<readonly ChangeOutcome[]> {
  return await dns.provider.apply(dns.zone, changes);
}

/** Applies and expects nothing else than that it worked. */
export async function applied(dns: RunningDns, ...changes: readonly DnsChange[]): Promise<void> {
  expect(await apply(dns, ...changes)).toEqual(changes.map(() => ({ status: "applied" })));
}

export function statuses(outcomes: readonly ChangeOutcome[]): readonly string[] {
  return outcomes.map((outcome) => outcome.status);
}

export function sorted(...sets: readonly RecordSet[]): readonly RecordSet[] {
  return sets.toSorted((a, b) => (recordKey(a) < recordKey(b) ? -1 : 1));
}
