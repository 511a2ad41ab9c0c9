import { describe, expect, it } from "vitest";
import { distanceKm } from "../../src/core/geo/distance.ts";
import { continentOf, countryPoint } from "../../src/core/geo/countries.ts";
import { timeZonePoint } from "../../src/core/geo/time-zones.ts";
import { regionPoint } from "../../src/core/geo/regions/regions.ts";
import { sharedCases } from "./shared.ts";

interface Point {
  readonly lat: number;
  readonly lon: number;
}

const { zones, countries } = sharedCases<{
  readonly zones: readonly (Point & { readonly country: string; readonly tz: string })[];
  readonly countries: Readonly<Record<string, Point>>;
}>("tz_points.json");
const { regions } = sharedCases<{
  readonly regions: readonly (Point & {
    readonly provider: string;
    readonly region: string;
    readonly country: string;
  })[];
}>("cloud_regions.json");

const km = (a: Point, b: { latitude: number; longitude: number } | null) =>
  b === null ? Number.POSITIVE_INFINITY : distanceKm({ latitude: a.lat, longitude: a.lon }, b);

describe("shared cases: places", () => {
  it("has every country, and its continent", () => {
    for (const [code, point] of Object.entries(countries)) {
      expect(km(point, countryPoint(code)), code).toBeLessThan(1);
      expect(continentOf(code), code).not.toBeNull();
    }
  });

  it("has every time zone, and its country", () => {
    for (const zone of zones) {
      expect(km(zone, timeZonePoint(zone.tz)), zone.tz).toBeLessThan(1);
      expect(timeZonePoint(zone.tz)?.country).toBe(zone.country);
    }
  });

  it("has every cloud region within 150 km, in the right country", () => {
    for (const row of regions) {
      const name = `${row.provider}/${row.region}`;
      expect(km(row, regionPoint(row.provider, row.region)), name).toBeLessThan(150);
      expect(regionPoint(row.provider, row.region)?.country, name).toBe(row.country);
    }
  });

  it("has every region near some place of its country, which a wrong sign would not be", () => {
    for (const row of regions) {
      const own = zones.filter((zone) => zone.country === row.country);
      const nearest = Math.min(...own.map((zone) => km(zone, regionPoint(row.provider, row.region))));
      expect(nearest, `${row.provider}/${row.region}`).toBeLessThan(2000);
    }
  });
});
