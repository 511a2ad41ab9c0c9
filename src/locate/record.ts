/** Records of the databases that operators have, by their fields and not by the database's name. */
import { NO_LOCATION } from "../core/geo/client-location.ts";
import type { ClientLocation } from "../core/decision.ts";

/**
 * A location from a record: MaxMind's and DB-IP's nested one, ip-location-db's and IPinfo's flat ones. `country` counts
 * and never `registered_country`. Null when the record says nothing about a place.
 */
export function locationOfRecord(record: unknown): ClientLocation | null {
  const root = fields(record);
  if (root === null) return null;
  const location = fields(root.location) ?? root;
  const latitude = coordinate(location.latitude ?? location.lat, 90);
  const longitude = coordinate(location.longitude ?? location.lng, 180);
  // Exactly 0,0 is how "unknown" looks in data that has no null: nobody lives in the Gulf of Guinea.
  const hasPoint = latitude !== null && longitude !== null && (latitude !== 0 || longitude !== 0);
  const country =
    countryCode(fields(root.country)?.iso_code) ?? countryCode(root.country_code) ?? countryCode(root.country);
  const [largest] = Array.isArray(root.subdivisions) ? (root.subdivisions as readonly unknown[]) : [];
  const region = code3(fields(largest)?.iso_code);
  const known: ClientLocation = {
    latitude: hasPoint ? latitude : null,
    longitude: hasPoint ? longitude : null,
    accuracyKm: coordinate(location.accuracy_radius, 40_000),
    country,
    continent: code(fields(root.continent)?.code) ?? code(root.continent_code) ?? code(root.continent),
    subdivision: country === null || region === null ? null : `${country}-${region}`,
    city: text(fields(fields(root.city)?.names)?.en) ?? text(root.city),
    timeZone: text(location.time_zone) ?? text(root.timezone),
    asn: asn(root.autonomous_system_number) ?? asn(root.asn),
    anonymous: isAnonymous(fields(root.traits) ?? root),
    source: "database",
  };
  return Object.entries(known).some(
    ([key, value]) => value !== NO_LOCATION[key as keyof ClientLocation] && key !== "source",
  )
    ? known
    : null;
}

function fields(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

function coordinate(value: unknown, limit: number): number | null {
  const number = typeof value === "string" && value !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) && Math.abs(number) <= limit ? number : null;
}

function code(value: unknown): string | null {
  return typeof value === "string" && /^[A-Za-z]{2}$/.test(value) ? value.toUpperCase() : null;
}

/** What databases write for "no country", and the codes of none: legacy files have Europe and Asia as such. */
const NO_COUNTRY: readonly string[] = ["XX", "ZZ", "EU", "AP"];

function countryCode(value: unknown): string | null {
  const found = code(value);
  return found === null || NO_COUNTRY.includes(found) ? null : found;
}

function code3(value: unknown): string | null {
  return typeof value === "string" && /^[A-Za-z0-9]{1,3}$/.test(value) ? value.toUpperCase() : null;
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" && value.length <= 200 ? value : null;
}

/** A number, or IPinfo's `AS174`. */
function asn(value: unknown): number | null {
  const number = typeof value === "string" && /^AS\d+$/.test(value) ? Number(value.slice(2)) : value;
  return typeof number === "number" && Number.isInteger(number) && number > 0 ? number : null;
}

function isAnonymous(traits: Readonly<Record<string, unknown>>): boolean {
  return ["is_anonymous", "is_anonymous_proxy", "is_anonymous_vpn", "is_tor_exit_node"].some(
    (name) => traits[name] === true,
  );
}
