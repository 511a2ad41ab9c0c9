/**
 * From a question to the records of its answer. CNAMEs are followed inside our zones; what the chain ends with decides
 * the code (RFC 6604) and brings the SOA that says how long "no" may be kept (RFC 2308).
 *
 * | the name                         | answer                                     |
 * |----------------------------------|--------------------------------------------|
 * | lies in no zone of ours          | REFUSED                                    |
 * | does not exist                   | NXDOMAIN, SOA                              |
 * | exists without the type          | NOERROR, nothing, SOA                      |
 * | any type                         | HINFO (RFC 8482)                           |
 */
import type { Place } from "./place.ts";
import { RCODE, TYPE } from "./query.ts";
import { steer } from "./steer.ts";
import type { NameWorld } from "./world.ts";
import { nameIn, type Rrset, type ServedZone, type ZoneName, zoneOf } from "./zone.ts";

export interface Resolution {
  readonly rcode: number;
  readonly authoritative: boolean;
  readonly answers: readonly Rrset[];
  readonly authority: readonly Rrset[];
  readonly additional: readonly Rrset[];
  /** Null when the answer is the same for everybody; otherwise the bits of the asking network that counted. */
  readonly scope: number | null;
}

/** Longer chains are a mistake; resolvers give up at about this length too. */
const MAX_CHAIN = 8;
const HINFO_TTL = 3600;

export interface Asker {
  readonly world: NameWorld;
  /** Looked up only when an answer depends on it. */
  readonly place: () => Place;
  readonly nowMs: number;
}

/** Answers a question of class IN. */
export function resolve(name: string, type: number, asker: Asker): Resolution {
  const { zones } = asker.world;
  const answers: Rrset[] = [];
  const seen = new Set<string>();
  let scope: number | null = null;
  let at = name;
  for (;;) {
    const zone = zoneOf(zones, at);
    if (zone === null) return outside(answers, scope);
    const found = nameIn(zone, at);
    if (found === null) return negative(RCODE.nxDomain, zone, answers, scope);
    const asked = answersAt(at, found, type, asker);
    if (asked.scope !== null) scope = Math.max(scope ?? 0, asked.scope);
    const { set } = asked;
    if (set === null) return negative(RCODE.noError, zone, answers, scope);
    answers.push(set);
    seen.add(at);
    const target = set.values[0] ?? "";
    if (set.type !== TYPE.cname || type === TYPE.cname || seen.has(target) || seen.size >= MAX_CHAIN) {
      return { ...positive(answers, scope), additional: type === TYPE.ns ? glue(zone, set) : [] };
    }
    at = target;
  }
}

interface At {
  readonly set: Rrset | null;
  readonly scope: number | null;
}

function answersAt(name: string, found: ZoneName, type: number, { world, place, nowMs }: Asker): At {
  if (type === TYPE.any && (found.sets.size > 0 || found.steered !== null)) {
    return { set: { name, type: TYPE.hinfo, ttl: HINFO_TTL, values: [RFC8482] }, scope: null };
  }
  // An apex also has its SOA and NS, whoever asks; a CNAME cannot stand beside them.
  const own = found.sets.get(type) ?? found.sets.get(TYPE.cname);
  if (own !== undefined) return { set: { ...own, name }, scope: null };
  if (found.steered === null) return { set: null, scope: null };
  const steered = steer(found.steered, type, { world, place: place(), nowMs });
  const isLawful = steered.type !== null && !(steered.type === TYPE.cname && found.sets.size > 0);
  if (steered.type === null || !isLawful) return { set: null, scope: steered.scope };
  return { set: { name, type: steered.type, ttl: world.ttl, values: steered.values }, scope: steered.scope };
}

/** `RFC8482` and nothing more, as data of HINFO. */
const RFC8482 = `\\# 9 07${Array.from("RFC8482", (char) => char.charCodeAt(0).toString(16)).join("")}00`;

function positive(answers: readonly Rrset[], scope: number | null): Resolution {
  return { rcode: RCODE.noError, authoritative: true, answers, authority: [], additional: [], scope };
}

function outside(answers: readonly Rrset[], scope: number | null): Resolution {
  // A chain that leaves our zones is the resolver's to go on with.
  if (answers.length > 0) return positive(answers, scope);
  return { ...positive(answers, scope), rcode: RCODE.refused, authoritative: false };
}

function negative(rcode: number, zone: ServedZone, answers: readonly Rrset[], scope: number | null): Resolution {
  return { ...positive(answers, scope), rcode, authority: [zone.negativeSoa] };
}

/** Addresses of name servers that lie in the zone. */
function glue(zone: ServedZone, ns: Rrset): readonly Rrset[] {
  return ns.values.flatMap((name) => {
    const sets = zone.names.get(name)?.sets;
    return [sets?.get(TYPE.a), sets?.get(TYPE.aaaa)].filter((set) => set !== undefined);
  });
}
