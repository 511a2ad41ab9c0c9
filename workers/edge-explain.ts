/** `POST /explain` of a Node edge's admin port. */
import type { AdminDeps } from "../src/api/admin.ts";
import { KNOWN_COUNTRIES } from "../src/core/geo/countries.ts";
import { timeZonePoint } from "../src/core/geo/time-zones.ts";
import type { Edge } from "../src/edge/edge.ts";
import type { Locator } from "../src/locate/locator.ts";

const PLACES = { zonePoint: timeZonePoint, countries: KNOWN_COUNTRIES };

/** Few ask, so that the words are loaded with the first question. */
export function edgeExplain({ state }: Edge, locator: Locator | null): NonNullable<AdminDeps["explain"]> {
  return async (asked) => {
    const { explainHere } = await import("../src/edge/explain-here.ts");
    return explainHere(state, asked, { locator, places: PLACES, now: Date.now });
  };
}
