import { NO_LOCATION } from "../../src/core/geo/client-location.ts";
import type { Circumstances, RequestFacts } from "../../src/core/decision.ts";
import type { GeoPoint } from "../../src/core/model.ts";

export const NEW_YORK: GeoPoint = { latitude: 40.7, longitude: -74 };
export const FRANKFURT: GeoPoint = { latitude: 50.1, longitude: 8.7 };
export const TOKYO: GeoPoint = { latitude: 35.7, longitude: 139.7 };

export function request(host: string, target: string, more: Partial<RequestFacts> = {}): RequestFacts {
  return { method: "GET", host, target, headers: [], ...more };
}

/** An edge at a place that knows nothing about its client. */
export function circumstancesAt(point: GeoPoint | null, more: Partial<Circumstances> = {}): Circumstances {
  return {
    client: {
      address: null,
      class: "none",
      location: NO_LOCATION,
    },
    vantage: point === null ? { of: "nowhere", place: null, point: null } : { of: "edge", place: null, point },
    nowMs: 0,
    pins: [],
    offered: null,
    seed: 0,
    ...more,
  };
}
