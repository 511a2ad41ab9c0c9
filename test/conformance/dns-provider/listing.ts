import { expect } from "vitest";
import { create, recordSet } from "../../build/dns.ts";
import type { Register } from "../dns-provider.ts";
import { applied, records, sorted } from "./read.ts";

/** What can be written must be read back in the same letters, or a plan would differ for ever. */
const EVERY_SHAPE = [
  recordSet("a.example.org", "A", ["192.0.2.10", "192.0.2.9"], { ttlSeconds: 120 }),
  recordSet("a.example.org", "AAAA", ["2001:db8::1", "2001:db8::a:0:0:1"]),
  recordSet("alias.example.org", "CNAME", ["target.example.net"], { ttlSeconds: 300 }),
  recordSet("*.wild.example.org", "A", ["192.0.2.1"]),
  recordSet("_https._tcp.example.org", "SRV", ["0 5 443 a.example.org", "10 5 8443 a.example.org"]),
  recordSet("example.org", "A", ["192.0.2.200"]),
  recordSet("plain.example.org", "TXT", ['"heritage=external-dns,external-dns/owner=me"']),
  recordSet("several.example.org", "TXT", [`"${"x".repeat(255)}" "and more"`]),
  recordSet("strange.example.org", "TXT", ['"a \\"quoted\\" word; and a back\\\\slash"', '"another"']),
  recordSet("x-y_z.deep.down.example.org", "TXT", ['""']),
];

export function listingTests(test: Register): void {
  test("lists the zone among its zones", async (dns) => {
    expect(await dns.provider.zones()).toContainEqual(dns.zone);
  });

  for (const set of EVERY_SHAPE) {
    test(`gives back ${set.type} ${set.name} as it was written`, async (dns) => {
      await applied(dns, create(set));
      expect(await records(dns)).toEqual([set]);
    });
  }

  test("lists sets in the order of their keys", async (dns) => {
    await applied(dns, ...EVERY_SHAPE.map((set) => create(set)));
    expect(await records(dns)).toEqual(sorted(...EVERY_SHAPE));
  });

  test("lists the apex's own records", async (dns) => {
    const types = (await dns.provider.list(dns.zone))
      .filter((set) => set.name === "example.org")
      .map((set) => set.type);
    expect(types).toContain("NS");
    expect(types).toContain("SOA");
  });

  test("lists what others wrote", async (dns) => {
    const foreign = [
      recordSet("mail.example.org", "MX", ["10 mx1.example.net", "20 mx2.example.net"]),
      recordSet("www.example.org", "A", ["192.0.2.80"], { ttlSeconds: 86_400 }),
    ];
    await dns.seed(foreign);
    expect(await records(dns)).toEqual(foreign);
  });

  test("lists a zone of 1,200 sets whole", async (dns) => {
    const many = Array.from({ length: 1200 }, (_, index) =>
      recordSet(`host-${index}.example.org`, "A", [`192.0.2.${index % 250}`]),
    );
    await applied(dns, ...many.map((set) => create(set)));
    expect(await records(dns)).toEqual(sorted(...many));
  });

  test("rejects the list of a zone that is not there", async (dns) => {
    const nowhere = { ...dns.zone, id: `${dns.zone.id.slice(0, -1)}x`, name: "nowhere.example.com" };
    await expect(dns.provider.list(nowhere)).rejects.toThrow(/nowhere\.example\.com/);
  });
}
