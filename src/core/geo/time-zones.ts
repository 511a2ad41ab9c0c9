/** Points of time zones: where somebody is of whom only the zone is known (88 % within 20 ms, by country 84 %). */
import type { GeoPoint } from "../model.ts";
import { TIME_ZONE_TEXT } from "./time-zone-text.ts";

export interface TimeZonePoint extends GeoPoint {
  readonly country: string;
}

let timeZones: ReadonlyMap<string, TimeZonePoint> | null = null;

/** Point of an IANA time zone, or null. */
export function timeZonePoint(name: string): TimeZonePoint | null {
  timeZones ??= readTimeZones();
  return timeZones.get(name) ?? null;
}

function readTimeZones(): ReadonlyMap<string, TimeZonePoint> {
  const points = new Map<string, TimeZonePoint>();
  for (const line of TIME_ZONE_TEXT.trim().split("\n")) {
    const [area = "", ...entries] = line.split(" ");
    for (const entry of entries) {
      const [name = "", latitude, longitude, country = ""] = entry.split(",");
      points.set(`${area}/${name}`, { latitude: Number(latitude), longitude: Number(longitude), country });
    }
  }
  return points;
}
