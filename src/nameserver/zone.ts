/**
 * What a zone holds, indexed: fixed sets, and names whose answer depends on who asks. A name that only has names below it
 * exists too (an empty non-terminal, RFC 8020), and a wildcard stands for what its closest encloser lacks (RFC 4592).
 */
import { isWithin, parentOf } from "../core/dns/names.ts";
import type { RecordSet } from "../core/dns/records.ts";
import { typeNumber } from "../core/dns/wire/rdata.ts";

/** Records of one name and type, ready to be answered. */
export interface Rrset {
  readonly name: string;
  readonly type: number;
  readonly ttl: number;
  /** Presentation form, as in `RecordSet.values`. */
  readonly values: readonly string[];
}

/** A name of the zone. */
export interface ZoneName {
  readonly sets: ReadonlyMap<number, Rrset>;
  /** Host that `decide` is asked for; null for a name with fixed sets alone. */
  readonly steered: string | null;
}

export interface ServedZone {
  readonly name: string;
  readonly soa: Rrset;
  readonly ns: Rrset;
  /** The SOA of a "no": its TTL is what resolvers keep "there is no such thing" for. One object for all of them. */
  readonly negativeSoa: Rrset;
  readonly names: ReadonlyMap<string, ZoneName>;
  /** By the name that the wildcard stands below. */
  readonly wildcards: ReadonlyMap<string, ZoneName>;
}

export interface ZoneParts {
  readonly name: string;
  readonly nameServers: readonly NameServer[];
  readonly serial: number;
  readonly ttl: number;
  readonly sets: readonly RecordSet[];
  /** Hosts of the zone, `*.x` for a wildcard; each is a name for `decide`. */
  readonly hosts: readonly string[];
}

/** A name server of a zone; its addresses are answered where its name lies in the zone. */
export interface NameServer {
  readonly name: string;
  readonly addresses: readonly string[];
}

const NS_TTL = 3600;
const NOTHING: ReadonlyMap<number, Rrset> = new Map();

/** Indexes a zone. Of fixed sets and a host at one name the host wins, as it knows who asks. */
export function serveZone(parts: ZoneParts): ServedZone {
  const { name: zone, nameServers, serial, ttl } = parts;
  const names = new Map<string, ZoneName>();
  const put = (set: Rrset): void => {
    const known = names.get(set.name);
    names.set(set.name, { steered: known?.steered ?? null, sets: new Map([...(known?.sets ?? []), [set.type, set]]) });
  };
  for (const host of parts.hosts) names.set(host, { sets: NOTHING, steered: host });
  for (const set of parts.sets) {
    if (names.get(set.name)?.steered !== undefined && names.get(set.name)?.steered !== null) continue;
    put({ name: set.name, type: typeNumber(set.type), ttl: set.ttlSeconds ?? ttl, values: set.values });
  }
  const [first] = nameServers;
  const mname = first?.name ?? `ns.${zone}`;
  const soa: Rrset = {
    name: zone,
    type: typeNumber("SOA"),
    ttl: NS_TTL,
    values: [`${mname} hostmaster.${zone} ${serial} 3600 600 604800 ${ttl}`],
  };
  const ns: Rrset = {
    name: zone,
    type: typeNumber("NS"),
    ttl: NS_TTL,
    values: nameServers.map((one) => one.name),
  };
  put(soa);
  put(ns);
  for (const { name, addresses } of nameServers) {
    if (name !== zone && !name.endsWith(`.${zone}`)) continue;
    for (const type of ["A", "AAAA"]) {
      const values = addresses.filter((one) => one.includes(":") === (type === "AAAA"));
      if (values.length > 0) put({ name, type: typeNumber(type), ttl: NS_TTL, values });
    }
  }
  addParents(names, zone);
  const wild = [...names].filter(([owner]) => owner.startsWith("*."));
  return {
    name: zone,
    soa,
    ns,
    negativeSoa: { ...soa, ttl: Math.min(ttl, NS_TTL) },
    names,
    wildcards: new Map(wild.map(([owner, found]) => [owner.slice(2), found])),
  };
}

function addParents(names: Map<string, ZoneName>, zone: string): void {
  for (const name of names.keys()) {
    for (let at = parentOf(name); at !== null && at.length > zone.length; at = parentOf(at)) {
      if (!names.has(at)) names.set(at, { sets: NOTHING, steered: null });
    }
  }
}

/** The closest zone that a name lies in, or null. */
export function zoneOf(zones: ReadonlyMap<string, ServedZone>, name: string): ServedZone | null {
  let closest: ServedZone | null = null;
  // They are few: to compare ends is less than to look up every parent.
  for (const zone of zones.values()) {
    if (isWithin(name, zone.name) && zone.name.length >= (closest?.name.length ?? 0)) closest = zone;
  }
  return closest;
}

/** What stands at a name, or at the wildcard that covers it; null when the name does not exist. */
export function nameIn(zone: ServedZone, name: string): ZoneName | null {
  const exact = zone.names.get(name);
  if (exact !== undefined) return exact;
  for (let at = parentOf(name); at !== null && at.length >= zone.name.length; at = parentOf(at)) {
    if (zone.names.has(at)) return zone.wildcards.get(at) ?? null;
  }
  return null;
}
