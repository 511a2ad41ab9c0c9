/**
 * Places as rules spell them, and whether a client is there.
 *
 * | Spelling       | Is                                                          |
 * |----------------|-------------------------------------------------------------|
 * | `192.0.2.0/24` | the client's network                                        |
 * | `US-CA`        | ISO 3166-2 subdivision                                      |
 * | `DE`           | ISO 3166-1 country, in capitals                             |
 * | `eu`           | a group, in lower case                                      |
 * | `continent:EU` | a continent: AF and NA are countries too, hence the word    |
 * | `*`            | everybody                                                   |
 */
import { type Cidr, parseCidr } from "../address/cidr.ts";
import type { ClientLocation } from "../decision.ts";

export type Place =
  | { readonly kind: "network"; readonly text: string; readonly cidr: Cidr }
  | { readonly kind: "subdivision" | "country" | "group" | "continent" | "everybody"; readonly text: string };

const CONTINENTS: readonly string[] = ["AF", "AN", "AS", "EU", "NA", "OC", "SA"];

/** The place in a spelling, or null when it is none. */
export function parsePlace(text: string): Place | null {
  if (text === "*") return { kind: "everybody", text };
  if (text.includes("/")) {
    const cidr = parseCidr(text);
    return cidr === null ? null : { kind: "network", text, cidr };
  }
  if (text.startsWith("continent:")) {
    return CONTINENTS.includes(text.slice(10)) ? { kind: "continent", text } : null;
  }
  if (isGroupName(text)) return { kind: "group", text };
  if (!isCapitals(text.slice(0, 2)) || text.length < 2) return null;
  if (text.length === 2) return { kind: "country", text };
  return text[2] === "-" && text.length <= 6 && isSubdivision(text.slice(3)) ? { kind: "subdivision", text } : null;
}

/** Lower-case letters, digits and hyphens, beginning with a letter: nothing that a country could be taken for. */
export function isGroupName(text: string): boolean {
  if (text === "" || text.length > 63) return false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    const isLetter = code >= 97 && code <= 122;
    if (!isLetter && (index === 0 || !((code >= 48 && code <= 57) || code === 45))) return false;
  }
  return true;
}

function isCapitals(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 65 || code > 90) return false;
  }
  return true;
}

function isSubdivision(text: string): boolean {
  if (text === "") return false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (!((code >= 65 && code <= 90) || (code >= 48 && code <= 57))) return false;
  }
  return true;
}

/**
 * Whether a client is in one of a set of countries and subdivisions. "Unknown" is an answer: a client in the US whose
 * state nobody knows may or may not be in California, and a VPN's exit is nobody's residence.
 */
export function isIn(places: ReadonlySet<string>, location: ClientLocation): "yes" | "no" | "unknown" {
  const { country, subdivision } = location;
  if (country === null || location.anonymous) return "unknown";
  if (places.has(country)) return "yes";
  if (subdivision !== null) return places.has(subdivision) ? "yes" : "no";
  for (const place of places) if (place.length > 2 && place.startsWith(country)) return "unknown";
  return "no";
}
