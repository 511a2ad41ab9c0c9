import type { ClientLocation } from "../decision.ts";
import { NO_LOCATION } from "./client-location.ts";
import { continentOf, countryPoint } from "./countries.ts";

/** The location of somebody of whom only the country is known; `none` when there is no such country. */
export function countryLocation(code: string): ClientLocation {
  const country = code.toUpperCase();
  const point = countryPoint(country);
  if (point === null) return NO_LOCATION;
  return { ...NO_LOCATION, ...point, country, continent: continentOf(country), source: "country" };
}
