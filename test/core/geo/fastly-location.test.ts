import { describe, expect, it } from "vitest";
import { fastlyLocation } from "../../../src/core/geo/fastly-location.ts";
import { fastly } from "../../../src/core/geo/regions/fastly-pops.ts";
import { readRegions } from "../../../src/core/geo/regions/region-text.ts";

describe("fastlyLocation()", () => {
  it("reads what Fastly knows of an address", () => {
    const told = {
      as_number: 3320,
      city: "frankfurt am main",
      continent: "EU",
      country_code: "DE",
      latitude: 50.11,
      longitude: 8.68,
      proxy_description: "?",
      proxy_type: "?",
      region: "HE",
    };
    expect(fastlyLocation(told)).toMatchObject({
      latitude: 50.11,
      longitude: 8.68,
      country: "DE",
      continent: "EU",
      subdivision: "DE-HE",
      city: "frankfurt am main",
      asn: 3320,
      anonymous: false,
      source: "runtime",
    });
  });

  it.each([
    ["a VPN", { country_code: "NL", proxy_type: "hosting", proxy_description: "vpn" }],
    ["Tor", { country_code: "NL", proxy_type: "anonymous", proxy_description: "tor-exit" }],
  ])("knows that %s hides where its users are", (_name, told) => {
    expect(fastlyLocation(told)).toMatchObject({ country: "NL", anonymous: true });
  });

  it("takes neither 999 nor 0,0 nor a reserved city for a place", () => {
    expect(fastlyLocation({ latitude: 999.9, longitude: 999.9, country_code: "US" })).toMatchObject({
      latitude: null,
      longitude: null,
    });
    expect(fastlyLocation({ latitude: 0, longitude: 0, country_code: "**", city: "reserved" })).toBeNull();
    expect([fastlyLocation(null), fastlyLocation({}), fastlyLocation("DE")]).toEqual([null, null, null]);
  });
});

describe("the POPs of Fastly", () => {
  it("have each a code of three letters and a point on the globe, once", () => {
    const pops = readRegions(fastly);
    expect(new Set(pops.map(([code]) => code)).size).toBe(pops.length);
    for (const [code, { latitude, longitude, country, city }] of pops) {
      expect([code, /^[A-Z]{3}$/.test(code), Math.abs(latitude) <= 90, Math.abs(longitude) <= 180]).toEqual([
        code,
        true,
        true,
        true,
      ]);
      expect(country).toMatch(/^[A-Z]{2}$/);
      expect(city).not.toBe("");
    }
  });
});
