/** Fields that end at each hop (RFC 9110 §7.6.1). */
import { type HeaderField, withoutOws } from "./message.ts";

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
  let nominated: Set<string> | null = null;
  for (const [field, value] of headers) {
    // Nearly always what is nominated ends here anyway.
    if (field !== "connection" || value === "keep-alive" || value === "close") continue;
    nominated ??= new Set();
    for (const member of value.split(",")) {
      const name = withoutOws(member).toLowerCase();
      if (!NEVER_NOMINATED.has(name)) nominated.add(name);
    }
  }
  if (nominated === null) return endsHere;
  const names = nominated;
  return (name) => HOP_BY_HOP.has(name) || names.has(name);
}

function endsHere(name: string): boolean {
  return HOP_BY_HOP.has(name);
}
