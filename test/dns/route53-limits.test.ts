import { describe, expect, it } from "vitest";
import { create, recordSet, remove, replace, upsert } from "../build/dns.ts";
import { route53World, storedSet } from "./route53-world.ts";
import { keyOf } from "./route53-emulator/record-set.ts";

const owner = (name: string) => recordSet(`_o.${name}`, "TXT", ['"heritage=portolan"']);
const host = (index: number, last = 1) => recordSet(`h${index}.example.org`, "A", [`192.0.2.${last}`]);
const made = (count: number) =>
  Array.from({ length: count }, (_, index) => create(host(index), owner(host(index).name)));

describe("route53() and its limits", () => {
  it("fills batches to 1,000 records and makes no other call", async () => {
    const { provider, zone, emulator, close } = await route53World();
    const outcomes = await provider.apply(zone, made(4000));
    await close();
    expect(outcomes.every((outcome) => outcome.status === "applied")).toBe(true);
    expect([...emulator.calls]).toEqual([["ChangeResourceRecordSets", 8]]);
  }, 60_000);

  it("spends two more calls on a lost answer, whatever the size of the zone", async () => {
    const { provider, zone, emulator, faults, close } = await route53World();
    faults?.loseAnswers(1);
    const outcomes = await provider.apply(zone, made(2500));
    await close();
    expect(outcomes.every((outcome) => outcome.status === "applied")).toBe(true);
    expect(Object.fromEntries(emulator.calls)).toEqual({ ChangeResourceRecordSets: 5 + 1, ListResourceRecordSets: 1 });
  }, 60_000);

  it("stays below both buckets of the far side, so that nothing is turned away", async () => {
    const limits = { requestLimit: { burst: 50, perSecond: 10 }, changeLimit: { burst: 1000, perSecond: 500 } };
    const { provider, zone, emulator, close } = await route53World(limits);
    for (let round = 0; round < 120; round += 1) await provider.apply(zone, [create(host(round))]);
    await provider.apply(
      zone,
      Array.from({ length: 3000 }, (_, index) => create(host(index + 1000))),
    );
    await close();
    expect(emulator.calls.get("throttled")).toBeUndefined();
    expect(emulator.calls.get("ChangeResourceRecordSets")).toBe(123);
  }, 60_000);

  it("keeps a batch below 32,000 characters", async () => {
    const { provider, zone, emulator, close } = await route53World();
    const long = Array.from({ length: 200 }, (_, index) =>
      create(recordSet(`t${index}.example.org`, "TXT", [`"${"x".repeat(248)}"`])),
    );
    const outcomes = await provider.apply(zone, long);
    await close();
    expect(outcomes.every((outcome) => outcome.status === "applied")).toBe(true);
    expect(emulator.calls.get("ChangeResourceRecordSets")).toBe(2);
  });

  it("counts an UPSERT twice", async () => {
    const { provider, zone, emulator, close } = await route53World();
    const outcomes = await provider.apply(
      zone,
      Array.from({ length: 1000 }, (_, index) => upsert(host(index))),
    );
    await close();
    expect(outcomes.every((outcome) => outcome.status === "applied")).toBe(true);
    expect(emulator.calls.get("ChangeResourceRecordSets")).toBe(2);
  });

  it("refuses a change that no batch can hold, and applies the rest", async () => {
    const { provider, zone, close } = await route53World();
    const huge = create(
      ...Array.from({ length: 4 }, (_, index) =>
        recordSet(
          `big${index}.example.org`,
          "A",
          Array.from({ length: 300 }, (_, i) => `10.0.${i % 200}.${Math.floor(i / 200)}`),
        ),
      ),
    );
    const outcomes = await provider.apply(zone, [create(host(1)), huge, create(host(2))]);
    await close();
    expect(outcomes.map((outcome) => outcome.status)).toEqual(["applied", "refused", "applied"]);
  });

  it("waits while the zone is busy with another change", async () => {
    const { provider, zone, emulator, close } = await route53World();
    emulator.trouble.prior = 3;
    const outcomes = await provider.apply(zone, [create(host(1))]);
    await close();
    expect(outcomes).toEqual([{ status: "applied" }]);
    expect(emulator.calls.get("ChangeResourceRecordSets")).toBe(4);
  });

  it("sends changes of one zone one after the other", async () => {
    const { provider, zone, emulator, close } = await route53World({
      processing: () => new Promise((resolve) => setTimeout(resolve, 5)),
    });
    const all = await Promise.all(Array.from({ length: 8 }, (_, index) => provider.apply(zone, [create(host(index))])));
    await close();
    expect(all.flat().every((outcome) => outcome.status === "applied")).toBe(true);
    expect(emulator.calls.get("ChangeResourceRecordSets")).toBe(8);
  });

  it("tries again after an answer of 503", async () => {
    const { provider, zone, emulator, close } = await route53World();
    emulator.trouble.break = 4;
    expect(await provider.apply(zone, [create(host(1))])).toEqual([{ status: "applied" }]);
    await close();
  });
});

describe("route53() and letters", () => {
  const upper = { ...storedSet(recordSet("www.example.org", "CNAME", ["Edge.Example.NET"])) };
  const canonical = recordSet("www.example.org", "CNAME", ["edge.example.net"]);
  const moved = recordSet("www.example.org", "CNAME", ["edge2.example.net"]);

  it.each(["after a list", "without one"])("replaces what stands in other letters, %s", async (when) => {
    const { provider, zone, emulator, close } = await route53World();
    const [hosted] = emulator.zones.values();
    if (hosted !== undefined) hosted.sets = new Map([...hosted.sets, [keyOf(upper), upper]]);
    if (when === "after a list") expect(await provider.list(zone)).toContainEqual(canonical);
    expect(await provider.apply(zone, [replace([canonical], [moved])])).toEqual([{ status: "applied" }]);
    expect(await provider.apply(zone, [remove(moved)])).toEqual([{ status: "applied" }]);
    await close();
  });

  it.each([
    ["octal bytes", '"caf\\303\\251"', '"caf\\195\\169"'],
    ["several strings", '"a"   "b"', '"a" "b"'],
  ])("reads %s of a TXT and can delete them", async (_, raw, value) => {
    const { provider, zone, emulator, close } = await route53World();
    const stored = { ...storedSet(recordSet("t.example.org", "TXT", [raw])) };
    const [hosted] = emulator.zones.values();
    if (hosted !== undefined) hosted.sets = new Map([...hosted.sets, [keyOf(stored), stored]]);
    const set = recordSet("t.example.org", "TXT", [value]);
    expect(await provider.list(zone)).toContainEqual(set);
    expect(await provider.apply(zone, [remove(set)])).toEqual([{ status: "applied" }]);
    await close();
  });
});
