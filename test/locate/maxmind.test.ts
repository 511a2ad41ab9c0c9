import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { type MaxmindOptions, maxmindLocator } from "../../src/locate/maxmind.ts";
import { locationOfRecord } from "../../src/locate/record.ts";
import { writeMmdb } from "../../src/locate/mmdb-writer.ts";
import { verifyMmdb } from "../../src/locate/verify-mmdb.ts";
import { eventually } from "../scenarios/until.ts";

const folder = mkdtempSync(join(tmpdir(), "portolan-maxmind-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function database(
  country: string,
  more: { buildEpoch?: number; databaseType?: string; ipVersion?: 4 | 6 } = {},
): Uint8Array {
  const networks = [
    { cidr: "192.0.2.0/24", value: { country: { iso_code: country }, location: { latitude: 1, longitude: 2 } } },
  ];
  return writeMmdb({ databaseType: "Test", ipVersion: 6, buildEpoch: 1000, networks, ...more });
}

let files = 0;
function file(bytes: Uint8Array): string {
  files += 1;
  const path = join(folder, `${files}.mmdb`);
  writeFileSync(path, bytes);
  return path;
}

/** As updaters do: the new file is renamed into place. */
function replace(path: string, bytes: Uint8Array): void {
  writeFileSync(`${path}.new`, bytes);
  renameSync(`${path}.new`, path);
}

async function open(path: string, options: MaxmindOptions = { pollIntervalMs: 10 }) {
  const locator = await maxmindLocator(path, options);
  return { locator, country: () => locator.locate("192.0.2.7")?.country };
}

describe("locationOfRecord()", () => {
  it.each([
    ["IPinfo's", { country: "DE", continent: "EU", city: "Berlin", lat: "52.5", lng: "13.4" }],
    [
      "IPinfo Lite's",
      { country: "Germany", country_code: "DE", continent: "Europe", continent_code: "EU", asn: "AS3320" },
    ],
    ["ip-location-db's", { country_code: "DE", city: "Berlin", state1: "Berlin", latitude: 52.5, longitude: 13.4 }],
    [
      "DB-IP's",
      { country: { iso_code: "DE" }, continent: { code: "EU" }, location: { latitude: 52.5, longitude: 13.4 } },
    ],
  ])("reads %s records", (_name, record) => {
    expect(locationOfRecord(record)).toMatchObject({
      country: "DE",
      continent: "continent" in record ? "EU" : null,
      latitude: "lat" in record || "latitude" in record || "location" in record ? 52.5 : null,
      asn: "asn" in record ? 3320 : null,
    });
  });

  it.each([
    [{ latitude: 0, longitude: 0 }],
    [{ latitude: 91, longitude: 0 }],
    [{ country_code: "XX" }],
    [{ country: { iso_code: "ZZ" } }],
    [{ country_code: "-" }],
    [{ registered_country: { iso_code: "US" } }],
    [{}],
    [null],
    [[]],
  ])("knows nothing from %j", (record) => {
    expect(locationOfRecord(record)).toBeNull();
  });

  it("is total, and gives no location outside the globe", () => {
    const keys = fc.constantFrom("country", "location", "latitude", "lng", "continent", "city", "asn", "subdivisions");
    fc.assert(
      fc.property(fc.dictionary(keys, fc.jsonValue()), (record) => {
        const { latitude, longitude } = locationOfRecord(record) ?? { latitude: null, longitude: null };
        expect(latitude === null).toBe(longitude === null);
        expect(Math.abs(latitude ?? 0) <= 90 && Math.abs(longitude ?? 0) <= 180).toBe(true);
      }),
    );
  });
});

describe("verifyMmdb()", () => {
  it("refuses or opens a file with flipped bits, and no look-up does worse than throw", () => {
    const good = Buffer.from(database("DE"));
    const flips = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(7)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(flips, (bits) => {
        const bytes = Buffer.from(good);
        for (const [at, bit] of bits) bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
        try {
          locationOfRecord(verifyMmdb(bytes).get("192.0.2.7"));
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
  });
});

describe("maxmindLocator()", () => {
  it("takes a newer file into use", async () => {
    const path = file(database("DE"));
    const { locator, country } = await open(path);
    expect(country()).toBe("DE");
    replace(path, database("FR", { buildEpoch: 2000 }));
    await eventually(
      async () => country(),
      (answer) => answer === "FR",
    );
    expect(locator.builtAtMs).toBe(2_000_000);
    locator.close();
  });

  it.each([
    ["garbage", new TextEncoder().encode("garbage".repeat(100))],
    ["a truncated file", database("FR", { buildEpoch: 2000 }).slice(0, 150)],
    ["an older file", database("FR", { buildEpoch: 500 })],
    ["another kind of database", database("FR", { databaseType: "Other", buildEpoch: 2000 })],
  ])("keeps the good one when %s replaces it, and says so", async (_name, bytes) => {
    const path = file(database("DE"));
    const problems: string[] = [];
    const { locator, country } = await open(path, {
      pollIntervalMs: 10,
      onProblem: (message) => void problems.push(message),
    });
    replace(path, bytes);
    await eventually(
      async () => problems.length,
      (count) => count > 0,
    );
    expect(country()).toBe("DE");
    expect(problems[0]).toContain(path);
    locator.close();
  });

  it("refuses to start without a good file, and names it", async () => {
    await expect(maxmindLocator(join(folder, "none.mmdb"))).rejects.toThrow(
      /Cannot read the GeoIP database ".*none\.mmdb"/,
    );
    await expect(maxmindLocator(file(new Uint8Array(100)))).rejects.toThrow(/Cannot use the GeoIP database/);
  });

  it("does not answer for IPv6 from a file that knows only IPv4", async () => {
    const { locator } = await open(file(database("DE", { ipVersion: 4 })), { pollIntervalMs: 0 });
    expect(locator.locate("192.0.2.7")?.country).toBe("DE");
    expect(locator.locate("c000:207::1")).toBeNull();
  });
});

describe("verifyMmdb()", () => {
  it("either refuses a damaged file or reads it without throwing", async () => {
    const good = database("DE");
    let state = 1;
    const random = (below: number) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return state % below;
    };
    let refused = 0;
    for (let round = 0; round < 10_000; round += 1) {
      const bytes = Buffer.from(round % 10 === 0 ? good.slice(0, random(good.length)) : good);
      if (bytes.length > 0) bytes[random(bytes.length)] = random(256);
      try {
        const { get } = verifyMmdb(bytes);
        for (const address of ["192.0.2.7", "203.0.113.1"]) {
          try {
            get(address);
          } catch {
            // The locator turns this into "no location".
          }
        }
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(500);
  });
});

describe("maxmindLocator() networks", () => {
  it("says how long the prefix is that an address was found by", async () => {
    const path = file(database("DE"));
    const locator = await maxmindLocator(path, { pollIntervalMs: 0 });
    expect(locator.prefixLength("192.0.2.7")).toBe(24);
    // The halves of the tree that hold nothing end early.
    expect(locator.prefixLength("8.8.8.8")).toBe(1);
    const v4 = await maxmindLocator(file(database("DE", { ipVersion: 4 })), { pollIntervalMs: 0 });
    expect(v4.prefixLength("192.0.2.7")).toBe(24);
    expect(v4.prefixLength("2001:db8::1")).toBeNull();
  });
});
