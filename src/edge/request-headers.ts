/**
 * What an origin is told. Everything that clients use to lie to origins is removed, then our own fields are set
 * (DESIGN.md rule 12; reference S12, S17, S18).
 *
 * | Field                                         | from a client        | from a trusted hop |
 * |-----------------------------------------------|----------------------|--------------------|
 * | hop-by-hop, nominated by Connection, Expect   | removed              | removed            |
 * | any name with `_`                             | removed              | removed            |
 * | Proxy                                         | removed (httpoxy)    | removed            |
 * | X-Forwarded-For, Forwarded                    | ours alone           | ours appended; the |
 * |                                               |                      | one that it is not |
 * |                                               |                      | known for: alone   |
 * | X-Forwarded-Host, X-Forwarded-Proto           | ours                 | kept, else ours    |
 * | X-Request-Id                                  | ours                 | kept when sane     |
 * | other forwarding, rewriting and vendor fields | removed              | kept               |
 * | portolan-*, those of the signed hop with it   | removed, then ours   | removed, then ours |
 * | Via, CDN-Loop, traceparent, tracestate        | continued            | continued          |
 */
import type { ForwardingHeader } from "../core/address/client-address.ts";
import type { ClientLocation } from "../core/decision.ts";
import { keptByObject } from "../core/kept-by-object.ts";
import { hopByHop } from "./hop-by-hop.ts";
import { type EdgeRequestHead, firstHeader, type HeaderField, listHeader } from "./message.ts";
import { hexId, type TraceContext } from "./trace-context.ts";

/** The identity that loops are found by (RFC 8586); the whole fleet shares it. */
export const CDN_ID = "portolan";

export interface ForwardingFacts {
  /** Whether the other end of the connection is a configured proxy. */
  readonly trusted: boolean;
  /** The forwarding header that those proxies are known to maintain; null when nobody told. */
  readonly chain: ForwardingHeader | null;
  /** The public host, with its port. */
  readonly publicHost: string;
  readonly location: ClientLocation;
  readonly trace: TraceContext;
  readonly requestId: string;
}

const NEVER: ReadonlySet<string> = new Set([
  "content-length",
  "expect",
  "host",
  "proxy",
  // Set again below, from what we know.
  "cdn-loop",
  "forwarded",
  "traceparent",
  "tracestate",
  "via",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-request-id",
]);

/** Beginnings of names by which clients claim to be somebody or somewhere else, or to ask for something else. */
const X_CLAIMS =
  "forwarded original originating http- real- remote- rewrite- override- method host envoy-external".split(" ");
const OTHER_CLAIMS = "cf- cloudfront- front-end-https".split(" ");

/** Fields for the origin, without Host and Content-Length. */
export function requestHeaders(request: EdgeRequestHead, facts: ForwardingFacts): HeaderField[] {
  const ends = hopByHop(request.headers);
  const fields: HeaderField[] = [];
  for (const field of request.headers) {
    const name = field[0];
    if (NEVER.has(name) || ends(name) || name.includes("_") || name.startsWith("portolan-")) continue;
    if (!facts.trusted && isClaim(name)) continue;
    fields.push(field);
  }
  const { trusted, chain, publicHost } = facts;
  const { headers } = request;
  const address = request.peerAddress;
  const tells = (name: ForwardingHeader): boolean => trusted && (chain ?? name) === name;
  if (address !== null)
    fields.push(["x-forwarded-for", appended(headers, "x-forwarded-for", address, tells("x-forwarded-for"))]);
  fields.push(["forwarded", appended(headers, "forwarded", forwarded(request, publicHost), tells("forwarded"))]);
  fields.push(["x-forwarded-host", (trusted ? firstHeader(headers, "x-forwarded-host") : null) ?? publicHost]);
  fields.push(["x-forwarded-proto", (trusted ? firstHeader(headers, "x-forwarded-proto") : null) ?? request.scheme]);
  fields.push(["x-request-id", facts.requestId]);
  fields.push(["via", appended(headers, "via", `1.1 ${CDN_ID}`, true)]);
  fields.push(["cdn-loop", appended(headers, "cdn-loop", CDN_ID, true)]);
  fields.push(["traceparent", facts.trace.traceparent]);
  const state = facts.trace.continued ? listHeader(request.headers, "tracestate") : [];
  if (state.length > 0) fields.push(["tracestate", state.join(",")]);
  fields.push(...geoFields(facts.location));
  return fields;
}

/** A list with one more member; what was there counts only from those who may say so. */
function appended(headers: readonly HeaderField[], name: string, value: string, trusted: boolean): string {
  if (!trusted || firstHeader(headers, name) === null) return value;
  return [...listHeader(headers, name), value].join(", ");
}

/** RFC 8586: our own name in CDN-Loop means that the request went through this fleet before. */
export function isLoop(headers: readonly HeaderField[]): boolean {
  if (firstHeader(headers, "cdn-loop") === null) return false;
  return listHeader(headers, "cdn-loop").some((member) => {
    const id = member.split(";", 1)[0] ?? "";
    return id.trim().toLowerCase() === CDN_ID;
  });
}

/** A trusted hop's id when it is short and plain, a new one otherwise. */
export function requestId(request: EdgeRequestHead, trusted: boolean, random: () => number): string {
  const received = trusted ? firstHeader(request.headers, "x-request-id") : null;
  return received !== null && isPlainId(received) ? received : hexId(32, random);
}

function isClaim(name: string): boolean {
  if (name.endsWith("client-ip") || name.endsWith("clientip")) return true;
  if (name.startsWith("x-")) return X_CLAIMS.some((start) => name.startsWith(start, 2));
  const first = name.charCodeAt(0);
  // c, f: a look that spares most names three.
  return (first === 99 || first === 102) && OTHER_CLAIMS.some((start) => name.startsWith(start));
}

/** RFC 7239 §4 and §6: IPv6 in brackets and quotes. */
function forwarded(request: EdgeRequestHead, publicHost: string): string {
  const address = request.peerAddress;
  const node = address === null ? "unknown" : address.includes(":") ? `"[${address}]"` : address;
  return `for=${node};host="${publicHost}";proto=${request.scheme}`;
}

/** A client's place is the same object request after request. */
const geoFields: (location: ClientLocation) => readonly HeaderField[] = keptByObject(geoHeaders);

/** Under our own names, since platforms drop theirs on the way (Cloudflare removes CF-IPCountry). */
function geoHeaders(location: ClientLocation): HeaderField[] {
  const fields: HeaderField[] = [];
  const add = (name: string, value: string | null): void => {
    // RFC 9110 §5.5: text outside ASCII has no agreed reading in a field, so it travels percent-encoded.
    if (value !== null && value !== "") fields.push([`portolan-client-${name}`, encodeURI(value.toWellFormed())]);
  };
  add("country", location.country);
  add("region", location.subdivision);
  add("city", location.city);
  // One decimal is about 11 km: enough to be near, too little to find a house.
  add("latitude", location.latitude === null ? null : location.latitude.toFixed(1));
  add("longitude", location.longitude === null ? null : location.longitude.toFixed(1));
  return fields;
}

function isPlainId(text: string): boolean {
  if (text.length === 0 || text.length > 128) return false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    const alphanumeric = (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
    if (!alphanumeric && code !== 45 && code !== 46 && code !== 95) return false;
  }
  return true;
}
