import type { Places } from "../src/core/geo/client-location.ts";
import type { ClientLocation } from "../src/core/decision.ts";

/** The table of countries, loaded for the first client of whom a platform does not say enough. */
export interface LoadedPlaces extends Places {
  load(): Promise<void>;
}

/** Nothing but what the platform says, until it is loaded. */
export function placesOnDemand(): LoadedPlaces {
  const places: { -readonly [K in keyof LoadedPlaces]: LoadedPlaces[K] } = {
    zonePoint: null,
    countries: null,
    async load() {
      if (places.countries !== null) return;
      const { KNOWN_COUNTRIES } = await import("../src/core/geo/countries.ts");
      places.countries = KNOWN_COUNTRIES;
    },
  };
  return places;
}

/** Whether only the country's point or continent is left to go by. */
export function needsCountry(location: ClientLocation | null): boolean {
  if (location === null || location.country === null) return false;
  return location.latitude === null || location.longitude === null || location.continent === null;
}
