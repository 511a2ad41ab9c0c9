/** What platforms say about a client, in their own fields: Cloudflare's `request.cf`, CloudFront's and Vercel's headers. */
import type { ClientLocation } from "../decision.ts";
import { NO_LOCATION } from "./client-location.ts";

/** From Cloudflare's `request.cf`: numbers come as text, `XX` is unknown, `T1` is Tor. Null when it says nothing. */
export function cloudflareLocation(cf: unknown): ClientLocation | null {
  if (typeof cf !== "object" || cf === null) return null;
  const fields = cf as Record<string, unknown>;
  const country = isoCode(fields.country);
  return known({
    ...NO_LOCATION,
    ...point(fields.latitude, fields.longitude),
    country,
    continent: isoCode(fields.continent),
    subdivision: subdivisionOf(country, fields.regionCode),
    city: placeName(fields.city),
    timeZone: placeName(fields.timezone),
    asn: typeof fields.asn === "number" ? fields.asn : null,
    anonymous: fields.country === "T1",
    source: "runtime",
  });
}

/** Platforms whose headers can be read. */
export const LOCATION_HEADERS = ["cloudfront", "vercel"] as const;
export type LocationHeaders = (typeof LOCATION_HEADERS)[number];

/**
 * A reader of one platform's headers, for an edge behind that platform. A proxy that is trusted for addresses need not
 * know these fields and would pass a client's own on, so the operator names the platform; the caller authenticates the
 * hop. Null when the headers say nothing.
 */
export function headerLocation(
  platform: LocationHeaders,
): (get: (name: string) => string | null) => ClientLocation | null {
  switch (platform) {
    case "cloudfront":
      return cloudFrontLocation;
    case "vercel":
      return vercelLocation;
    default:
      return platform satisfies never;
  }
}

function cloudFrontLocation(get: (name: string) => string | null): ClientLocation | null {
  const field = (suffix: string) => get(`cloudfront-viewer-${suffix}`);
  const country = isoCode(field("country"));
  const asn = Number(field("asn") ?? "");
  return known({
    ...NO_LOCATION,
    ...point(field("latitude"), field("longitude")),
    country,
    subdivision: subdivisionOf(country, field("country-region")),
    city: placeName(field("city")),
    timeZone: placeName(field("time-zone")),
    asn: Number.isInteger(asn) && asn > 0 ? asn : null,
    source: "header",
  });
}

function vercelLocation(get: (name: string) => string | null): ClientLocation | null {
  const field = (suffix: string) => get(`x-vercel-ip-${suffix}`);
  const country = isoCode(field("country"));
  return known({
    ...NO_LOCATION,
    ...point(field("latitude"), field("longitude")),
    country,
    continent: isoCode(field("continent")),
    subdivision: subdivisionOf(country, field("country-region")),
    city: percentDecoded(placeName(field("city"))),
    timeZone: placeName(field("timezone")),
    source: "header",
  });
}

/** Null where nothing is known. */
export function known(location: ClientLocation): ClientLocation | null {
  const { latitude, country, continent, anonymous } = location;
  return latitude !== null || country !== null || continent !== null || anonymous ? location : null;
}

/** Both or neither; 999 (Fastly) and exactly 0,0 stand for unknown, whatever is outside the globe is nonsense. */
export function point(latitudeValue: unknown, longitudeValue: unknown): Pick<ClientLocation, "latitude" | "longitude"> {
  const latitude = coordinate(latitudeValue, 90);
  const longitude = coordinate(longitudeValue, 180);
  if (latitude === null || longitude === null || (latitude === 0 && longitude === 0))
    return { latitude: null, longitude: null };
  return { latitude, longitude };
}

function coordinate(value: unknown, limit: number): number | null {
  if (value === null || value === undefined || value === "") return null;
  const number = Number(value);
  return Number.isFinite(number) && number >= -limit && number <= limit ? number : null;
}

const UNKNOWN_CODES: readonly string[] = ["XX", "ZZ", "T1"];

/** A country or a continent in upper case; null for what stands for unknown. */
export function isoCode(value: unknown): string | null {
  if (typeof value !== "string") return null;
  const upper = value.toUpperCase();
  return /^[A-Z]{2}$/.test(upper) && !UNKNOWN_CODES.includes(upper) ? upper : null;
}

/** ISO 3166-2 from a platform's two fields. */
export function subdivisionOf(country: string | null, value: unknown): string | null {
  if (country === null || typeof value !== "string" || !/^[A-Za-z0-9]{1,3}$/.test(value)) return null;
  return `${country}-${value.toUpperCase()}`;
}

/** A city or a time zone as a platform spells it. */
export function placeName(value: unknown): string | null {
  return typeof value === "string" && value !== "" && value !== "?" && value.length <= 200 ? value : null;
}

function percentDecoded(text: string | null): string | null {
  if (text === null) return null;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
