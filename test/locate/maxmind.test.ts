import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type MaxmindOptions, maxmindLocator } from "../../src/locate/maxmind.ts";
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
