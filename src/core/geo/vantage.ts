/** The place the bytes leave from: whose it is, and where. */
import type { ClientLocation, GeoPoint, Vantage } from "../model.ts";
import { countryPoint, timeZonePoint } from "./points.ts";

/** From this radius on a database's point says no more than the country does. */
const COUNTRY_LEVEL_KM = 500;

/**
 * The edge's own place when it knows it, since the bytes leave from there; otherwise the client's (DESIGN.md Vantage).
 * `place` is the name under which round-trips from the edge are measured.
 */
export function vantageOf(own: GeoPoint | null, place: string | null, location: ClientLocation): Vantage {
  if (own !== null) return { of: "edge", place, point: own };
  const point = vantagePoint(location);
  return point === null ? { of: "nowhere", place: null, point } : { of: "client", place: null, point };
}

/**
 * Where to measure from. A point with a radius of 500 km and more is the middle of nowhere (37.751, -97.822 is a lake
 * in Kansas): the people of that time zone or country are better guessed at where most of them live.
 */
function vantagePoint({ latitude, longitude, accuracyKm, city, country, timeZone }: ClientLocation): GeoPoint | null {
  if (latitude === null || longitude === null) return null;
  const isVague = accuracyKm !== null && accuracyKm >= COUNTRY_LEVEL_KM && city === null;
  const zone = isVague && timeZone !== null ? timeZonePoint(timeZone) : null;
  if (zone !== null) return { latitude: zone.latitude, longitude: zone.longitude };
  const ofCountry = isVague && country !== null ? countryPoint(country) : null;
  return ofCountry ?? { latitude, longitude };
}
