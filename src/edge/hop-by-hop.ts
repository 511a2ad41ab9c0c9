/** Fields that end at each hop (RFC 9110 §7.6.1). */
import { type HeaderField, listHeader } from "./message.ts";

const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authentication-info",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
]);

/** Nominating these is an attack on the next hop (it would lose its framing, host or credentials), so it is ignored. */
const NEVER_NOMINATED: ReadonlySet<string> = new Set([
  "authorization",
  "content-encoding",
  "content-length",
  "content-type",
  "cookie",
  "host",
  "set-cookie",
]);

/** A test for the field names that must not be forwarded from this message. */
export function hopByHop(headers: readonly HeaderField[]): (name: string) => boolean {
  const nominated = new Set<string>();
  for (const member of listHeader(headers, "connection")) {
    const name = member.toLowerCase();
    if (!NEVER_NOMINATED.has(name)) nominated.add(name);
  }
  return (name) => HOP_BY_HOP.has(name) || nominated.has(name);
}
