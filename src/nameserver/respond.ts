/**
 * ★ The life of a query: read → who asks → answer that is known, or made → limit → message. Never throws for any bytes.
 * Answers are kept for a few seconds, or until what they were made from is another: what changes by the clock alone
 * (ramps, the end of an ejection, health that expires) is at most that late, which is little beside any TTL.
 */
import { type Body, encodeBody } from "./encode.ts";
import { answerMessage, bareMessage } from "./message.ts";
import { type Place, placeOfPeer, placeOfSubnet, type PlaceSources } from "./place.ts";
import { CLASS_IN, type Query, RCODE, readQuery, TYPE } from "./query.ts";
import type { RateLimiter } from "./rate-limit.ts";
import { type Resolution, resolve } from "./resolve.ts";
import type { NameWorld } from "./world.ts";
import type { Rrset } from "./zone.ts";

export interface RespondDeps {
  /** The world of now; null while there is none, which answers SERVFAIL. */
  readonly world: () => NameWorld | null;
  readonly sources: Pick<PlaceSources, "places" | "locator">;
  readonly limiter: RateLimiter;
}

export interface Responder {
  /** The answer to a message, or null for silence. `peer` is the address that it came from. */
  respond(message: Uint8Array, peer: string, how: Transport): Uint8Array | null;
  readonly counts: NameServerCounts;
}

export interface Transport {
  readonly isUdp: boolean;
  readonly nowMs: number;
}

/** What was answered, for metrics. */
export interface NameServerCounts {
  udp: number;
  tcp: number;
  ignored: number;
  limited: number;
  truncated: number;
  /** By code. */
  readonly rcodes: number[];
}

const KEEP_MS = 5000;
const MAX_KEPT = 100_000;
const PLACES_MS = 60_000;

interface Known {
  /** The answer for everybody; null when it depends on who asks. */
  readonly body: Body | null;
  /** By place, which is one object as long as it is kept. */
  readonly byPlace: Map<Place, Body>;
  /** Stands for the answer when equal ones are counted. */
  readonly number: number;
}

/** A responder with nothing kept. */
export function responder(deps: RespondDeps): Responder {
  const known = new Map<number, Map<string, Known>>();
  const encoded = new Map<string, Body>();
  /** By the SOA that says no. */
  const negatives = new Map<Rrset | null, Map<number, Body>>();
  const places = new Map<string | number, Place | null>();
  const counts: NameServerCounts = { udp: 0, tcp: 0, ignored: 0, limited: 0, truncated: 0, rcodes: [] };
  let world: NameWorld | null = null;
  let sources: PlaceSources | null = null;
  let keptUntilMs = 0;
  let placesUntilMs = 0;
  let turn = 0;
  let size = 0;
  let numbers = 0;

  const turnTo = (next: NameWorld, nowMs: number): void => {
    if (sources === null || sources.overrides !== next.overrides || nowMs >= placesUntilMs || places.size >= MAX_KEPT) {
      places.clear();
      sources = { ...deps.sources, overrides: next.overrides, overrideCidrs: next.overrideCidrs };
      placesUntilMs = nowMs + PLACES_MS;
    }
    if (world === next && nowMs < keptUntilMs && size < MAX_KEPT) return;
    if (world !== next || size >= MAX_KEPT) encoded.clear();
    if (world !== next) negatives.clear();
    known.clear();
    size = 0;
    world = next;
    keptUntilMs = nowMs + KEEP_MS;
  };

  const nextNumber = (): number => {
    numbers += 1;
    return numbers;
  };

  const placeOf = (key: string | number, make: (from: PlaceSources) => Place | null): Place | null => {
    const found = places.get(key);
    if (found !== undefined || sources === null) return found ?? null;
    const made = make(sources);
    places.set(key, made);
    return made;
  };

  /** The client's own place when its resolver names it and somebody knows where it is; else the resolver's. */
  const whoAsks = (query: Query, peer: Place): Place => {
    const subnet = query.edns?.subnet ?? null;
    if (subnet === null || subnet.bits === 0) return peer;
    const key =
      subnet.family === 4 ? (subnet.words[0] ?? 0) * 64 + subnet.bits : `${subnet.words.join()}/${subnet.bits}`;
    const place = placeOf(key, (from) => placeOfSubnet(subnet, from)) ?? peer;
    if (place.vantage.of !== "nowhere" || peer.vantage.of === "nowhere") return place;
    const moved = { ...place, vantage: peer.vantage, placeBits: place.keyBits };
    return placeOf(`${place.key} by ${peer.key}`, () => moved) ?? moved;
  };

  const bodyOf = (query: Query, peer: Place, nowMs: number): { body: Body; number: number } => {
    const found = known.get(query.type)?.get(query.name);
    if (found !== undefined && found.body !== null) return { body: found.body, number: found.number };
    const place = whoAsks(query, peer);
    const kept = found?.byPlace.get(place);
    if (found !== undefined && kept !== undefined) return { body: kept, number: found.number };
    if (world === null) throw new Error("Cannot answer: there is no world");
    const resolution = resolve(query.name, query.type, { world, place: () => place, nowMs });
    const { rcode, scope, answers } = resolution;
    // Names that do not exist are as many as anybody likes to ask for: nothing is kept of them. All that tells two such
    // answers apart is how far from the start of the name the zone's own stands.
    if (rcode !== RCODE.noError && answers.length === 0) {
      return { body: negativeOf(query, resolution), number: -rcode };
    }
    const text = `${query.type} ${query.name} ${scope} ${answers.map((set) => `${set.name} ${set.type} ${set.values.join()}`).join()}`;
    const body = encoded.get(text) ?? encodeBody(query.name, resolution);
    encoded.set(text, body);
    size += 1;
    const entry = found ?? { body: scope === null ? body : null, byPlace: new Map(), number: nextNumber() };
    if (found === undefined) {
      const ofType = known.get(query.type) ?? new Map<string, Known>();
      known.set(query.type, ofType.set(query.name, entry));
    }
    if (scope !== null) entry.byPlace.set(place, body);
    return { body, number: entry.number };
  };

  const negativeOf = (query: Query, resolution: Resolution): Body => {
    const [soa = null] = resolution.authority;
    const of = negatives.get(soa) ?? new Map<number, Body>();
    negatives.set(soa, of);
    const key = query.questionEnd * 16 + resolution.rcode;
    const body = of.get(key) ?? encodeBody(query.name, resolution);
    of.set(key, body);
    return body;
  };

  const refusal = (query: Query): number => {
    if (query.rcode !== RCODE.noError) return query.rcode;
    const { type } = query;
    if (query.class !== CLASS_IN || type === TYPE.axfr || type === TYPE.ixfr) return RCODE.refused;
    // OPT, TKEY, TSIG, MAILA and the like are no types of records that a name can have.
    return type === TYPE.opt || (type >= 128 && type < TYPE.any) ? RCODE.notImp : RCODE.noError;
  };

  const finish = (message: Uint8Array, query: Query, made: Made, peer: Place, how: Transport): Uint8Array | null => {
    const { isUdp, nowMs } = how;
    const verdict = isUdp ? deps.limiter.check(peer.hash, made.number, nowMs) : "send";
    counts.rcodes[made.rcode] = (counts.rcodes[made.rcode] ?? 0) + 1;
    if (verdict !== "send") counts.limited += 1;
    if (verdict === "drop") return null;
    if (verdict === "truncate") return bareMessage(message, query, made.rcode, true);
    if (made.body === null) return bareMessage(message, query, made.rcode);
    turn = (turn + 1) & 0xffff;
    const answer = answerMessage(message, query, { body: made.body, turn, isUdp });
    if (((answer[2] ?? 0) & 2) !== 0) counts.truncated += 1;
    return answer;
  };

  return {
    counts,
    respond(message, peer, how) {
      const query = readQuery(message);
      if (query === null) {
        counts.ignored += 1;
        return null;
      }
      if (how.isUdp) counts.udp += 1;
      else counts.tcp += 1;
      const next = deps.world();
      if (next === null) return bareMessage(message, query, RCODE.servFail);
      turnTo(next, how.nowMs);
      const from = placeOf(peer, (all) => placeOfPeer(peer, all));
      if (from === null) return null;
      const rcode = refusal(query);
      if (rcode !== RCODE.noError) return finish(message, query, { rcode, body: null, number: -rcode }, from, how);
      const { body, number } = bodyOf(query, from, how.nowMs);
      return finish(message, query, { rcode: body.rcode, body, number }, from, how);
    },
  };
}

interface Made {
  readonly rcode: number;
  readonly body: Body | null;
  readonly number: number;
}
