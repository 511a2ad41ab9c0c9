import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RoundTrip } from "../../src/core/health/model.ts";
import { roundTripKey } from "../../src/core/health/view.ts";
import { listTrips, packTrips, tripsIndex } from "../../src/core/snapshot/round-trips.ts";

const trip = fc.record<RoundTrip>({
  place: fc.constantFrom("fra", "nyc", "tok"),
  cluster: fc.constantFrom("a", "b-1", "c.example"),
  us: fc.nat(),
  samples: fc.nat(100),
  observedAtMs: fc.nat(),
  basis: fc.constantFrom("measured", "calibrated"),
});
const trips = fc.uniqueArray(trip, { selector: ({ place, cluster }) => roundTripKey(place, cluster) });

describe("packTrips()", () => {
  it("keeps every round-trip, whatever their order", () => {
    fc.assert(
      fc.property(trips, (all) => {
        const packed = packTrips(all);
        const index = tripsIndex(packed);
        for (const one of all) expect(index.get(roundTripKey(one.place, one.cluster))).toEqual(one);
        expect(listTrips(packed)).toHaveLength(all.length);
        expect(packTrips(all.toReversed())).toEqual(packed);
      }),
    );
  });

  it("knows nothing of what nobody measured", () => {
    const index = tripsIndex(packTrips([]));
    expect(index.get("fra|a")).toBeUndefined();
  });
});

describe("tripsIndex()", () => {
  it.each(["", "a", "a 1 2", "a x 2 3", "a -1 2 3", "a 1.5 2 3", ",,,", "a 1e999 1 1"])(
    "takes %j for no round-trip",
    (text) => {
      expect(tripsIndex([{ place: "fra", trips: text }]).get("fra|a")).toBeUndefined();
    },
  );

  it("keeps what is good beside what is not", () => {
    const index = tripsIndex([{ place: "fra", trips: "a x 1 1,b 5 6 7,c 8 9 10 c" }]);
    expect(index.get("fra|b")).toMatchObject({ us: 5, samples: 6, observedAtMs: 7, basis: "measured" });
    expect(index.get("fra|c")).toMatchObject({ basis: "calibrated" });
  });
});
