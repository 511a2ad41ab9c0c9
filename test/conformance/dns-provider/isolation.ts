import { expect } from "vitest";
import { create, recordSet, remove, replace } from "../../build/dns.ts";
import { random } from "../../build/random.ts";
import type { Register } from "../dns-provider.ts";
import { apply, applied, records, sorted, statuses } from "./read.ts";

const host = (index: number, last = 1) => recordSet(`h${index}.example.org`, "A", [`192.0.2.${last}`]);
const outside = recordSet("shop.example.com", "A", ["192.0.2.1"]);

export function isolationTests(test: Register): void {
  test("refuses one record outside the zone and applies the others", async (dns) => {
    const changes = Array.from({ length: 40 }, (_, index) => create(index === 17 ? outside : host(index)));
    const outcomes = statuses(await apply(dns, ...changes));
    expect(outcomes.filter((status) => status === "applied")).toHaveLength(39);
    expect(outcomes[17]).toBe("refused");
    expect(await records(dns)).toHaveLength(39);
  });

  test("refuses a CNAME beside other records and applies the others", async (dns) => {
    await dns.seed([host(3)]);
    const beside = recordSet("h3.example.org", "CNAME", ["edge.example.net"]);
    const outcomes = statuses(await apply(dns, create(host(1)), create(beside), create(host(2))));
    expect(outcomes).toEqual(["applied", "refused", "applied"]);
    expect(await records(dns)).toEqual(sorted(host(1), host(2), host(3)));
  });

  test("tells apart what is refused and what is overtaken among many", async (dns) => {
    await dns.seed([host(5, 99), host(8, 99)]);
    const changes = Array.from({ length: 30 }, (_, index) =>
      create(index === 11 || index === 12 ? { ...outside, name: `h${index}.example.com` } : host(index)),
    );
    const outcomes = statuses(await apply(dns, ...changes));
    const where = (status: string) => outcomes.flatMap((one, index) => (one === status ? [index] : []));
    expect(where("refused")).toEqual([11, 12]);
    expect(where("overtaken")).toEqual([5, 8]);
    expect(await records(dns)).toHaveLength(28);
  });

  test("leaves nothing behind of a refused change", async (dns) => {
    const outcomes = await apply(dns, create(host(1), { ...outside, type: "TXT", values: ['"owner"'] }));
    expect(statuses(outcomes)).toEqual(["refused"]);
    expect(await records(dns)).toEqual([]);
  });

  test("leaves records of others byte for byte as they are in 40 random runs", async (dns) => {
    const foreign = [
      recordSet("mail.example.org", "MX", ["10 mx.example.net"]),
      recordSet("h1.example.org", "TXT", ['"v=spf1 -all"'], { ttlSeconds: 3600 }),
      recordSet("h2.example.org", "AAAA", ["2001:db8::2"], { ttlSeconds: 3600 }),
      recordSet("*.example.org", "A", ["192.0.2.250"], { ttlSeconds: 3600 }),
    ];
    await dns.seed(foreign);
    const next = random(20_261_124);
    const ours = new Map<number, number>();
    for (let run = 0; run < 40; run += 1) {
      const changes = Array.from({ length: 6 }, (_, index) => {
        const value = 1 + Math.floor(next() * 200);
        const old = ours.get(index);
        if (old === undefined) {
          ours.set(index, value);
          return create(host(index, value));
        }
        if (next() < 0.4) {
          ours.delete(index);
          return remove(host(index, old));
        }
        ours.set(index, value);
        return replace([host(index, old)], [host(index, value)]);
      });
      await applied(dns, ...changes);
    }
    expect(await records(dns)).toEqual(sorted(...foreign, ...[...ours].map(([index, value]) => host(index, value))));
  });
}
