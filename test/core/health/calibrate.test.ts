import { describe, expect, it } from "vitest";
import { networkKm, networkPlace } from "../../../src/core/geo/network-distance.ts";
import { calibrate, type KnownRoundTrip, networkPriorMs } from "../../../src/core/health/calibrate.ts";

const at = (latitude: number, longitude: number) => networkPlace({ latitude, longitude });
const PLACES = new Map([
  ["paris", at(48.9, 2.4)],
  ["brussels", at(50.8, 4.4)],
  ["tokyo", at(35.7, 139.7)],
]);
const CLUSTERS = new Map([
  ["virginia", at(39, -77.5)],
  ["singapore", at(1.3, 103.8)],
]);
const KNOWN: readonly KnownRoundTrip[] = [
  { place: "paris", cluster: "virginia", us: 180_000 },
  { place: "paris", cluster: "singapore", us: 165_000 },
  { place: "tokyo", cluster: "virginia", us: 160_000 },
  { place: "tokyo", cluster: "singapore", us: 75_000 },
];

describe("networkKm()", () => {
  it("goes round where no cable goes straight", () => {
    const [capeTown, saoPaulo] = [at(-33.9, 18.4), at(-23.5, -46.6)];
    expect(networkKm(capeTown, saoPaulo)).toBeGreaterThan(12_000);
    expect(networkKm(at(51.5, -0.1), at(40.7, -74))).toBeLessThan(6500);
  });

  it("is the same both ways, and nothing at home", () => {
    expect(networkKm(at(48.9, 2.4), at(1.3, 103.8))).toBe(networkKm(at(1.3, 103.8), at(48.9, 2.4)));
    expect(networkKm(at(48.9, 2.4), at(48.9, 2.4))).toBe(0);
  });
});

describe("calibrate()", () => {
  it("takes a detour that a neighbour measured into account", () => {
    const detour = calibrate(PLACES, CLUSTERS, KNOWN)("brussels", "virginia") ?? 0;
    const straight = calibrate(
      PLACES,
      CLUSTERS,
      KNOWN.map((one) => (one.place === "paris" && one.cluster === "virginia" ? { ...one, us: 85_000 } : one)),
    )("brussels", "virginia");
    expect(detour).toBeGreaterThan((straight ?? 0) + 20_000);
  });

  it("is the prior when nobody measured, and null for names without a place", () => {
    const estimate = calibrate(PLACES, CLUSTERS, []);
    const [paris, virginia] = [PLACES.get("paris"), CLUSTERS.get("virginia")];
    const prior = paris === undefined || virginia === undefined ? 0 : networkPriorMs(networkKm(paris, virginia));
    expect(estimate("paris", "virginia")).toBe(Math.round(prior * 1000));
    expect(estimate("paris", "mars")).toBeNull();
  });

  it("does not depend on the order of anything", () => {
    const turned = calibrate(new Map([...PLACES].reverse()), new Map([...CLUSTERS].reverse()), [...KNOWN].reverse());
    const straight = calibrate(PLACES, CLUSTERS, KNOWN);
    for (const place of PLACES.keys())
      for (const cluster of CLUSTERS.keys()) expect(turned(place, cluster)).toBe(straight(place, cluster));
  });
});
