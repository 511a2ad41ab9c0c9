/** The place the bytes leave from: whose it is, and where. */
import type { ClientLocation, Vantage } from "../decision.ts";
import type { GeoPoint } from "../model.ts";
import { type Places, roughPoint } from "./client-location.ts";

/** From this radius on a database's point says no more than the country does. */
const COUNTRY_LEVEL_KM = 500;

export interface VantageFacts {
  /** The edge's own place; null when it does not know it. */
  readonly own: GeoPoint | null;
  /** Name under which round-trips from the edge are measured. */
  readonly place: string | null;
  readonly location: ClientLocation;
  readonly places: Places;
}

/** The edge's own place when it knows it, since the bytes leave from there; otherwise the client's (DESIGN.md). */
export function vantageOf({ own, place, location, places }: VantageFacts): Vantage {
  if (own !== null) return { of: "edge", place, point: own };
  const point = vantagePoint(location, places);
  return point === null ? { of: "nowhere", place: null, point } : { of: "client", place: null, point };
}

/**
 * Where to measure from. A point with a radius of 500 km and more is the middle of nowhere (37.751, -97.822 is a lake
 * in Kansas): the people of that time zone or country are better guessed at where most of them live.
 */
function vantagePoint(location: ClientLocation, places: Places): GeoPoint | null {
  const isVague = (location.accuracyKm ?? 0) >= COUNTRY_LEVEL_KM && location.city === null;
  const { latitude, longitude } = (isVague ? roughPoint(location, places) : null) ?? location;
  return latitude === null || longitude === null ? null : { latitude, longitude };
}
