import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { writeMmdb } from "../../src/locate/mmdb-writer.ts";

const folder = mkdtempSync(join(tmpdir(), "portolan-mmdb-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const networks = [
  {
    cidr: "192.0.2.0/24",
    value: { country: { iso_code: "US" }, location: { latitude: 40.7, longitude: -74 }, tags: ["a", "b"] },
  },
  { cidr: "192.0.2.128/25", value: { country: { iso_code: "CA" }, long: "x".repeat(400), yes: true } },
  { cidr: "2001:db8::/32", value: { country: { iso_code: "GB" }, number: 4_000_000_000 } },
];
const path = join(folder, "test.mmdb");
writeFileSync(path, writeMmdb({ databaseType: "Test", ipVersion: 6, buildEpoch: 1_700_000_000, networks }));

/** libmaxminddb's own command: an independent reader of the format. */
function lookUp(address: string, ...field: readonly string[]): string {
  return execFileSync("mmdblookup", ["--file", path, "--ip", address, ...field], { encoding: "utf8" }).trim();
}

describe("writeMmdb() as libmaxminddb reads it", () => {
  it.each([
    ["192.0.2.7", ["country", "iso_code"], '"US" <utf8_string>'],
    ["192.0.2.200", ["country", "iso_code"], '"CA" <utf8_string>'],
    ["2001:db8::1", ["country", "iso_code"], '"GB" <utf8_string>'],
    ["2001:db8::1", ["number"], "4000000000 <uint32>"],
    ["192.0.2.7", ["location", "longitude"], "-74.000000 <double>"],
    ["192.0.2.7", ["tags", "1"], '"b" <utf8_string>'],
    ["192.0.2.200", ["yes"], "true <boolean>"],
    ["192.0.2.200", ["long"], `"${"x".repeat(400)}" <utf8_string>`],
  ])("finds %s %j", (address, field, expected) => {
    expect(lookUp(address, ...field)).toBe(expected);
  });

  it("finds nothing where nothing was written", () => {
    expect(() => lookUp("198.51.100.1", "country", "iso_code")).toThrow();
  });
});
