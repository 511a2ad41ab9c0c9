/**
 * Where the client is, from the best source that knows: the operator's overrides, the runtime, headers of an
 * authenticated hop, a database, then points for a bare country or time zone. Location is a preference and never a
 * gate: nothing here fails, the worst answer is `none`.
 */
import type { CidrTable } from "../address/cidr.ts";
import type { IpAddress } from "../address/ip.ts";
import type { AddressClass, ClientLocation } from "../decision.ts";
import type { GeoPoint, LocationOverride } from "../model.ts";

export const NO_LOCATION: ClientLocation = {
  latitude: null,
  longitude: null,
  accuracyKm: null,
  country: null,
  continent: null,
  subdivision: null,
  city: null,
  timeZone: null,
  asn: null,
  anonymous: false,
  source: "none",
};

export type OverrideTable = CidrTable<LocationOverride>;

/** What is known of places by their names. An edge whose platform gives coordinates need not carry all of it. */
export interface Places {
  /** Point of an IANA time zone. */
  readonly zonePoint: ((name: string) => GeoPoint | null) | null;
  /** By upper-case ISO 3166-1 code. */
  readonly countries: {
    point(code: string): GeoPoint | null;
    continent(code: string): string | null;
  } | null;
}

export interface LocateInput extends Places {
  readonly address: IpAddress | null;
  readonly addressClass: AddressClass;
  readonly overrides: OverrideTable;
  /** What the platform itself says about the client (`request.cf`), already read. */
  readonly runtime?: ClientLocation | null;
  /** What headers of an authenticated hop say, already read. */
  readonly headers?: ClientLocation | null;
  readonly locator: { locate(address: string): ClientLocation | null } | null;
}

/** The location chain; the first source that knows anything wins, and gaps are filled from points. */
export function locateClient(input: LocateInput): ClientLocation {
  const override = input.address === null ? null : input.overrides.longest(input.address);
  if (override !== null) return fromOverride(override.value, input);
  for (const known of [input.runtime, input.headers])
    if (known !== null && known !== undefined) return fillGaps(known, input);
  // Private ranges mean nothing to a database; documentation ranges are what tests and `portolan up` use.
  const mayAsk = input.addressClass === "public" || input.addressClass === "documentation";
  const found = mayAsk && input.address !== null ? (input.locator?.locate(input.address.text) ?? null) : null;
  return found === null ? NO_LOCATION : fillGaps(found, input);
}

function fromOverride({ country, location }: LocationOverride, { countries }: Places): ClientLocation {
  const point: GeoPoint | null = location ?? (country === null ? null : (countries?.point(country) ?? null));
  const continent = country === null ? null : (countries?.continent(country) ?? null);
  return { ...NO_LOCATION, ...point, country, continent, source: "override" };
}

/** Continent from the country, coordinates from the time zone or the country where there are none. What is given stays. */
function fillGaps(location: ClientLocation, places: Places): ClientLocation {
  const { country, latitude, longitude } = location;
  // A database mostly knows both: nothing to fill, nothing to copy.
  if (location.continent !== null && latitude !== null && longitude !== null) return location;
  const continent = location.continent ?? (country === null ? null : (places.countries?.continent(country) ?? null));
  const point = latitude === null || longitude === null ? roughPoint(location, places) : null;
  return { ...location, ...point, country, continent };
}

/** Where most people of the client's time zone live, or of its country; null when neither is known. */
export function roughPoint(location: ClientLocation, { zonePoint, countries }: Places): GeoPoint | null {
  const { timeZone, country } = location;
  const zone = timeZone === null ? null : zonePoint?.(timeZone);
  return zone ?? (country === null ? null : (countries?.point(country) ?? null));
}
