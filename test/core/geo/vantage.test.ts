import { describe, expect, it } from "vitest";
import { locateClient, NO_LOCATION } from "../../../src/core/geo/client-location.ts";
import { KNOWN_COUNTRIES } from "../../../src/core/geo/countries.ts";
import { overrideTable } from "../../../src/core/geo/override-table.ts";
import { vantageOf } from "../../../src/core/geo/vantage.ts";
import { parseAddress } from "../../../src/core/address/ip.ts";
import { timeZonePoint } from "../../../src/core/geo/time-zones.ts";
import type { ClientLocation } from "../../../src/core/decision.ts";
import type { GeoPoint } from "../../../src/core/model.ts";

const PLACES = { zonePoint: timeZonePoint, countries: KNOWN_COUNTRIES };

const american: ClientLocation = {
  ...NO_LOCATION,
  latitude: 37.751,
  longitude: -97.822,
  accuracyKm: 1000,
  country: "US",
  source: "database",
};

const at = (location: ClientLocation, own: GeoPoint | null = null) =>
  vantageOf({ own, place: "fra", location, places: PLACES });

describe("vantageOf()", () => {
  it("is the edge's own place when it knows it, whoever asks", () => {
    const own = { latitude: 50, longitude: 8 };
    expect(at(american, own)).toEqual({ of: "edge", place: "fra", point: own });
  });

  it("takes a point of 500 km and more for its time zone or country, not for a place", () => {
    const seattle = at({ ...american, timeZone: "America/Los_Angeles" }).point;
    expect(seattle?.longitude).toBeLessThan(-110);
    expect(Object.keys(seattle ?? {})).toEqual(["latitude", "longitude"]);
    expect(at(american).point).not.toMatchObject({ latitude: 37.751 });
    expect(at({ ...american, accuracyKm: 100 }).point).toEqual({
      latitude: 37.751,
      longitude: -97.822,
    });
  });

  it("is nowhere without a point", () => {
    expect(at(NO_LOCATION)).toEqual({ of: "nowhere", place: null, point: null });
  });
});

describe("locateClient()", () => {
  it("reports the database's point as it is, however vague", () => {
    const found = locateClient({
      address: parseAddress("8.8.8.8"),
      addressClass: "public",
      overrides: overrideTable([]),
      locator: { locate: () => american },
      ...PLACES,
    });
    expect(found).toEqual({ ...american, continent: "NA" });
  });
});
