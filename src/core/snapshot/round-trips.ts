/**
 * Measured round-trips of many places, packed like the ready counts (`backend-counts.ts`): an edge asks for those of its
 * own place, and one object for each pair of 50 places × 100 clusters would cost it twenty milliseconds every time. One
 * text for each place, read when asked.
 */
import type { PlaceTrips, RoundTrip } from "../health/model.ts";

/** Sorted, so that the same round-trips always give the same bytes. */
export function packTrips(trips: readonly RoundTrip[]): readonly PlaceTrips[] {
  const places = new Map<string, Map<string, string>>();
  for (const { place, cluster, us, samples, observedAtMs, basis } of trips) {
    const own = places.get(place) ?? new Map<string, string>();
    places.set(place, own);
    own.set(cluster, `${cluster} ${us} ${samples} ${observedAtMs}${basis === "calibrated" ? " c" : ""}`);
  }
  return [...places].sort(byName).map(([place, own]) => ({
    place,
    trips: [...own]
      .sort(byName)
      .map(([, trip]) => trip)
      .join(),
  }));
}

/** All of them, by place and cluster. */
export function listTrips(packed: readonly PlaceTrips[]): readonly RoundTrip[] {
  return packed.flatMap(({ place, trips }) => [...tripsOf(place, trips).values()]);
}

/** Looks one up by `roundTripKey()` without unpacking the other places. */
export function tripsIndex(packed: readonly PlaceTrips[]): { get(key: string): RoundTrip | undefined } {
  const texts = new Map(packed.map(({ place, trips }) => [place, trips]));
  const places = new Map<string, ReadonlyMap<string, RoundTrip>>();
  return {
    get(key) {
      const bar = key.indexOf("|");
      const place = key.slice(0, bar);
      const own = places.get(place) ?? tripsOf(place, texts.get(place) ?? "");
      places.set(place, own);
      return own.get(key.slice(bar + 1));
    },
  };
}

/** What is no whole number is no round-trip: a bad entry leaves its cluster to distance. */
function tripsOf(place: string, text: string): ReadonlyMap<string, RoundTrip> {
  const trips = new Map<string, RoundTrip>();
  for (const entry of text.split(",")) {
    const [cluster = "", ...words] = entry.split(" ");
    const [us = -1, samples = -1, observedAtMs = -1] = words.slice(0, 3).map(Number);
    if (![us, samples, observedAtMs].every((value) => Number.isSafeInteger(value) && value >= 0)) continue;
    trips.set(cluster, {
      place,
      cluster,
      us,
      samples,
      observedAtMs,
      basis: words[3] === "c" ? "calibrated" : "measured",
    });
  }
  return trips;
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
