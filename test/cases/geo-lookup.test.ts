import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { classifyAddress } from "../../src/core/address/classify.ts";
import { parseAddress } from "../../src/core/address/ip.ts";
import type { ClientLocation } from "../../src/core/decision.ts";
import type { Locator } from "../../src/locate/locator.ts";
import { maxmindLocator } from "../../src/locate/maxmind.ts";
import { sharedCases } from "./shared.ts";

interface Expected {
  readonly country?: string;
  readonly continent?: string;
  readonly subdivisions?: readonly string[];
  readonly city?: string;
  readonly lat?: number;
  readonly lon?: number;
  readonly accuracyKm?: number;
  readonly timezone?: string;
  readonly asn?: number;
}

const cases = sharedCases<{
  readonly lookups: readonly {
    readonly db: string;
    readonly ip: string;
    readonly canonical?: string;
    readonly expect: Expected | null;
  }[];
  readonly special: readonly { readonly ip: string; readonly class: string }[];
  readonly invalid: readonly { readonly ip: string }[];
}>("geo_lookup.json");

const geoip = (db: string) => join(import.meta.dirname, "../../../shared/geoip", `${db}.mmdb`);
const locators = new Map<string, Promise<Locator>>();

function locator(db: string): Promise<Locator> {
  const known = locators.get(db) ?? maxmindLocator(geoip(db), { pollIntervalMs: 0 });
  locators.set(db, known);
  return known;
}

describe("shared cases: geo_lookup", () => {
  it.each(cases.lookups.map((one) => [one.db, one.ip, one] as const))("%s knows %s", async (db, ip, one) => {
    // Only three of the databases named in the file are given; the others cannot be looked into here.
    if (!existsSync(geoip(db))) return expect(db).toBe("GeoLite2-City-Test");
    const address = parseAddress(ip);
    if (address === null) throw new Error(`not an address: ${ip}`);
    if (one.canonical !== undefined) expect(address.text).toBe(one.canonical);
    const found = (await locator(db)).locate(address.text);
    if (one.expect === null) return expect(found).toBeNull();
    const { country, continent, subdivisions, city, lat, lon, accuracyKm, timezone, asn } = one.expect;
    const wanted: Partial<ClientLocation> = {
      country: country ?? null,
      continent: continent ?? null,
      subdivision: subdivisions?.[0] === undefined ? null : `${country}-${subdivisions[0]}`,
      city: city ?? null,
      latitude: lat ?? null,
      longitude: lon ?? null,
      accuracyKm: accuracyKm ?? null,
      timeZone: timezone ?? null,
      asn: asn ?? null,
    };
    return expect(found).toMatchObject(wanted);
  });

  it.each(cases.special.map((one) => [one.ip, one.class.split(" ")[0]] as const))("%s is %s", (ip, expected) => {
    expect(classifyAddress(parseAddress(ip))).toBe(expected);
  });

  it.each(cases.invalid.map((one) => [one.ip]))("%j is no address", (ip) => {
    expect(parseAddress(ip)).toBeNull();
  });
});
