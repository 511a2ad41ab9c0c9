/** Zones of several providers as those of one: each zone goes to whoever holds it. */
import type { Zone } from "../core/dns/records.ts";
import type { DnsProvider } from "./provider.ts";

/** As much of a provider as a caller without plans of its own needs. */
export type ZoneHolder = Pick<DnsProvider, "zones" | "list" | "apply">;

export interface HeldZone {
  readonly provider: DnsProvider;
  /** The one zone of that provider that may be written; rejects when it is not there. */
  readonly find: () => Promise<Zone>;
}

/** All of them; no zone beside them is listed or written. */
export function joinedZones(held: readonly HeldZone[]): ZoneHolder {
  const found = new Map<string, DnsProvider>();
  const holderOf = (zone: Zone): DnsProvider => {
    const provider = found.get(keyOf(zone));
    if (provider === undefined) throw new RangeError(`Cannot write to ${zone.name}: it is no zone of the settings`);
    return provider;
  };
  return {
    async zones() {
      const zones = await Promise.all(held.map(async ({ provider, find }) => ({ provider, zone: await find() })));
      for (const { provider, zone } of zones) found.set(keyOf(zone), provider);
      return zones.map(({ zone }) => zone);
    },
    list: async (zone) => await holderOf(zone).list(zone),
    apply: async (zone, changes) => await holderOf(zone).apply(zone, changes),
  };
}

function keyOf({ name, visibility, id }: Zone): string {
  return JSON.stringify([name, visibility, id]);
}
