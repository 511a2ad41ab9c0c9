/** One of our providers behind the webhook protocol: an existing external-dns drives any zone that we can write. */
import { recordSetOf } from "../../core/dns/endpoint-set.ts";
import { endpointOf } from "../../core/dns/endpoint-set.ts";
import type { Endpoint, EndpointChanges } from "../../core/dns/endpoint.ts";
import { suitableZones } from "../../core/dns/names.ts";
import { type DnsChange, type RecordSet, type Zone } from "../../core/dns/records.ts";
import type { ZoneHolder } from "../joined.ts";
import type { ChangeOutcome } from "../provider.ts";
import type { WebhookBackend } from "./server.ts";

/** What a TTL of 0 becomes: external-dns means "the provider's default" by it. */
const DEFAULT_TTL = 300;

export function providerBackend(provider: ZoneHolder): WebhookBackend {
  const adjusted = (endpoint: Endpoint): Endpoint => {
    // An identifier without a policy tells nothing apart: providers without policies leave it out, and so do we.
    const set = recordSetOf(endpoint, DEFAULT_TTL) ?? recordSetOf({ ...endpoint, setIdentifier: "" }, DEFAULT_TTL);
    if (set === null) return endpoint;
    return { ...endpointOf(set), recordTTL: endpoint.recordTTL, labels: endpoint.labels };
  };
  return {
    async domains() {
      return [...new Set((await provider.zones()).map((zone) => zone.name))];
    },
    async records() {
      const zones = await provider.zones();
      const lists = await Promise.all(zones.map(async (zone) => ({ zone, sets: await provider.list(zone) })));
      // The apex's own records are the provider's; external-dns manages neither.
      return lists.flatMap(({ zone, sets }) =>
        sets.filter((set) => set.name !== zone.name || (set.type !== "SOA" && set.type !== "NS")).map(endpointOf),
      );
    },
    async apply(changes) {
      const zones = await provider.zones();
      const problems: string[] = [];
      for (const [zone, own] of byZone(changesOf(changes, problems), zones, problems)) {
        const outcomes = await provider.apply(zone, own);
        problems.push(...outcomes.flatMap(problemOf));
      }
      // Everything else is in force by now; external-dns finds that out in its next loop.
      if (problems.length > 0)
        throw new Error(`Cannot apply ${problems.length} changes: ${problems.slice(0, 20).join("; ")}`);
    },
    adjust: async (endpoints) => endpoints.map(adjusted),
  };
}

function problemOf(outcome: ChangeOutcome): readonly string[] {
  return outcome.status === "applied" ? [] : [outcome.message];
}

/**
 * Changes by the name that people know: a record and its ownership TXT go together, and a CNAME that is deleted while
 * an address is created is one replacement.
 */
function changesOf(changes: EndpointChanges, problems: string[]): readonly DnsChange[] {
  const groups = new Map<string, { before: Endpoint[]; after: Endpoint[] }>();
  const group = (endpoint: Endpoint) => {
    const owned = endpoint.labels["ownedRecord"] ?? "";
    const name = owned === "" ? endpoint.dnsName : owned;
    const found = groups.get(name) ?? { before: [], after: [] };
    groups.set(name, found);
    return found;
  };
  for (const endpoint of [...changes.updateOld, ...changes.delete]) group(endpoint).before.push(endpoint);
  for (const endpoint of [...changes.create, ...changes.updateNew]) group(endpoint).after.push(endpoint);
  return [...groups].flatMap(([name, { before, after }]): readonly DnsChange[] => {
    const action = before.length === 0 ? "create" : after.length === 0 ? "delete" : "replace";
    const [old, next] = [setsOf(before, problems), setsOf(after, problems)];
    // Half a change would be another one.
    if (old === null || next === null) return [];
    return [{ action, name, before: old, after: next, reason: "external-dns asked for it" }];
  });
}

/** Null, and a problem for each, when not all of them can be read. */
function setsOf(endpoints: readonly Endpoint[], problems: string[]): readonly RecordSet[] | null {
  const sets = endpoints.flatMap((endpoint) => {
    const set = recordSetOf(endpoint, DEFAULT_TTL);
    if (set !== null) return [set];
    const { recordType, dnsName } = endpoint;
    problems.push(`Cannot read the endpoint ${recordType} "${dnsName}": a name or a property of it makes no sense`);
    return [];
  });
  return sets.length === endpoints.length ? sets : null;
}

function byZone(
  changes: readonly DnsChange[],
  zones: readonly Zone[],
  problems: string[],
): ReadonlyMap<Zone, DnsChange[]> {
  const groups = new Map<Zone, DnsChange[]>();
  for (const change of changes) {
    const name = (change.after[0] ?? change.before[0])?.name ?? change.name;
    const own = suitableZones(name, zones);
    if (own.length === 0) problems.push(`Cannot write "${name}": it is in none of the zones`);
    for (const zone of own) groups.set(zone, [...(groups.get(zone) ?? []), change]);
  }
  return groups;
}
