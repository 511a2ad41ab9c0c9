/** What is known of a country without any database. */
import type { GeoPoint } from "../model.ts";
import type { Places } from "./client-location.ts";
import { COUNTRY_TEXT } from "./country-text.ts";

interface Country {
  readonly continent: string;
  readonly point: GeoPoint | null;
}

const CONTINENT_LENGTH = 2;
const ENTRY_LENGTH = 10;

let countries: ReadonlyMap<string, Country> | null = null;

/** Point of a country by its upper-case ISO 3166-1 code, or null: good enough for latency (reference/geo.md §0). */
export function countryPoint(code: string): GeoPoint | null {
  countries ??= readCountries();
  return countries.get(code)?.point ?? null;
}

/** AF AN AS EU NA OC SA for an upper-case ISO 3166-1 code, or null. */
export function continentOf(country: string): string | null {
  countries ??= readCountries();
  return countries.get(country)?.continent ?? null;
}

/** All countries, as the location chain asks for them. */
export const KNOWN_COUNTRIES: Places["countries"] = { point: countryPoint, continent: continentOf };

function readCountries(): ReadonlyMap<string, Country> {
  const read = new Map<string, Country>();
  for (const line of COUNTRY_TEXT.trim().split("\n")) {
    const continent = line.slice(0, CONTINENT_LENGTH);
    for (let at = CONTINENT_LENGTH; at < line.length; at += ENTRY_LENGTH) {
      const latitude = degrees(line.slice(at + 2, at + 6), 90);
      const longitude = degrees(line.slice(at + 6, at + 10), 180);
      const point = Number.isNaN(latitude) ? null : { latitude, longitude };
      read.set(line.slice(at, at + 2), { continent, point });
    }
  }
  return read;
}

/** Thousandths counted from the pole or the antimeridian; the division is last, so that the result is the nearest number. */
function degrees(text: string, offset: number): number {
  return (Number.parseInt(text, 36) - offset * 1000) / 1000;
}
