import { expect } from "vitest";
import { create, recordSet, replace } from "../../build/dns.ts";
import type { Register } from "../dns-provider.ts";
import { applied, records, sorted, statuses } from "./read.ts";

const host = (index: number, last = 1) => recordSet(`h${index}.example.org`, "A", [`192.0.2.${last}`]);
const hosts = (count: number, last = 1) => Array.from({ length: count }, (_, index) => host(index, last));

export function faultTests(test: Register): void {
  test("applies everything although answers are lost", async (dns) => {
    dns.faults?.loseAnswers(1);
    await applied(dns, ...hosts(20).map((set) => create(set)));
    dns.faults?.loseAnswers(2);
    await applied(dns, ...hosts(20).map((set) => replace([set], [{ ...set, values: ["192.0.2.2"] }])));
    expect(dns.faults).not.toBeNull();
    expect(await records(dns)).toEqual(sorted(...hosts(20, 2)));
  });

  test("applies everything although it is throttled", async (dns) => {
    dns.faults?.throttle(3);
    await applied(dns, ...hosts(20).map((set) => create(set)));
    expect(dns.faults).not.toBeNull();
    expect(await records(dns)).toEqual(sorted(...hosts(20)));
  });

  test("says that it failed when it is throttled for ever, and goes on later", async (dns) => {
    dns.faults?.throttle(100_000);
    expect(statuses(await dns.provider.apply(dns.zone, [create(host(1))]))).toEqual(["failed"]);
    await expect(dns.provider.list(dns.zone)).rejects.toThrow();
    dns.faults?.throttle(0);
    await applied(dns, create(host(1)));
    expect(await records(dns)).toEqual([host(1)]);
  });

  test("lets one of two writers win", async (dns) => {
    await applied(dns, ...hosts(10).map((set) => create(set)));
    const to = (last: number) => hosts(10).map((set, index) => replace([set], [host(index, last)]));
    const [mine, theirs] = await Promise.all([dns.provider.apply(dns.zone, to(77)), dns.other.apply(dns.zone, to(88))]);
    const stands = await records(dns);
    for (let index = 0; index < 10; index += 1) {
      const pair = [mine[index]?.status, theirs[index]?.status];
      expect(new Set(pair)).toEqual(new Set(["applied", "overtaken"]));
      expect(stands[index]?.values).toEqual([pair[0] === "applied" ? "192.0.2.77" : "192.0.2.88"]);
    }
  });
}
