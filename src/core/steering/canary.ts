import type { RequestFacts } from "../decision.ts";
import { isWithin, pairHash } from "./hash.ts";
import type { Canary } from "./policy.ts";

/** Which side a client is on, and who said so. */
export interface CanarySide {
  readonly canary: boolean;
  readonly by: "header" | "cookie" | "percent";
}

/** Apart from the hash that orders clusters: otherwise the canary's clients would all come from the same clusters. */
const SALT = 0x63616e61;

/** Header, then cookie, then the share by hash: the same client is on the same side at every request and edge. */
export function canarySide(canary: Canary, request: RequestFacts, clientHash: number): CanarySide {
  const header = canary.header === null ? null : said(headerOf(request, canary.header.name), canary.header.value);
  if (header !== null) return { canary: header, by: "header" };
  const cookie = canary.cookie === null ? null : said(cookieOf(request, canary.cookie.name), canary.cookie.value);
  if (cookie !== null) return { canary: cookie, by: "cookie" };
  return { canary: isWithin(pairHash(clientHash, SALT), canary.percent / 100), by: "percent" };
}

function said(value: string | null, always: string | null): boolean | null {
  if (value === null) return null;
  if (always !== null) return value === always ? true : null;
  if (value === "always") return true;
  return value === "never" ? false : null;
}

/** First value of a header, or null. */
export function headerOf(request: RequestFacts, name: string): string | null {
  for (const [field, value] of request.headers) if (field === name) return value;
  return null;
}

/** First value of a cookie (RFC 6265 §4.2.1), or null. */
export function cookieOf(request: RequestFacts, name: string): string | null {
  for (const [field, value] of request.headers) {
    if (field !== "cookie" || !value.includes(name)) continue;
    for (const pair of value.split(";")) {
      const equals = pair.indexOf("=");
      if (equals !== -1 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
    }
  }
  return null;
}
