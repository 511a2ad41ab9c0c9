/**
 * The modes of `failure_modes.json` that are about DNS and can be driven without a network. The file holds prose: a
 * guard, a test, a bar. FM26 runs in `test/control/dns-throttled.test.ts`, FM28 and FM30 with the name server.
 */
import { describe, expect, it } from "vitest";
import { deadEnd, stateOf } from "../../src/core/dns/liveness.ts";
import { planManagedZone } from "../../src/core/dns/plan-managed.ts";
import { plainSet, type RecordSet, type Zone } from "../../src/core/dns/records.ts";
import { subjectOfRegistry } from "../../src/core/dns/registry.ts";
import { memoryDns, memoryZones, type MemoryZones } from "../../src/dns/memory.ts";
import { controlSettings, testControl, THREE, type TestControl, type WorldState } from "../build/dns-control.ts";
import { virtualTime } from "../dns/virtual-time.ts";
import { sharedCases } from "./shared.ts";

interface Mode {
  readonly id: string;
  readonly area: string;
}

const { modes } = sharedCases<{ readonly modes: readonly Mode[] }>("failure_modes.json");
const ZONE: Zone = { name: "example.org", visibility: "public", id: "Z1" };

async function setsOf(zones: MemoryZones): Promise<readonly RecordSet[]> {
  return [...((await zones.read(ZONE.id)) ?? new Map<string, RecordSet>()).values()];
}

/** A line to a zone that breaks after so many writes; `states` is the zone after each. */
function breaking(zones: MemoryZones) {
  const states: (readonly RecordSet[])[] = [];
  let left = Number.POSITIVE_INFINITY;
  const line: MemoryZones = {
    zones: zones.zones,
    read: zones.read,
    async swap(id, expected, next) {
      if (left === 0) throw new Error("connection refused");
      left -= 1;
      const swapped = await zones.swap(id, expected, next);
      if (swapped) states.push([...next.values()]);
      return swapped;
    },
  };
  return {
    line,
    states,
    breakAfter(count: number) {
      left = count;
    },
  };
}

const moved: WorldState = {
  clusters: new Map([
    ["fra", { region: "eu", address: "192.0.2.1", ready: false }],
    ["vie", { region: "eu", address: "192.0.2.22", ready: true }],
    ["syd", { region: "au", address: "192.0.2.4", ready: true }],
  ]),
  hosts: ["shop.example.org", "new.example.org"],
  deleted: { hosts: [], clusters: ["nyc"], services: [] },
};
/** Names that are meant to go. */
const gone = (name: string) => name.includes(".us.") || name.includes("us-nyc");

describe("failure_modes.json: DNS", () => {
  it("has the modes that are driven here", () => {
    const dns = modes.filter((one) => one.area === "DNS").map((one) => one.id);
    expect(dns).toEqual(expect.arrayContaining(["FM23", "FM24", "FM25", "FM26", "FM29"]));
  });

  it("FM23: an empty plan of what is wanted writes nothing, and says so", async () => {
    const zones = memoryZones(ZONE);
    const news: string[] = [];
    const control = testControl(memoryDns(zones), "east", { onEvent: ({ what }) => void news.push(what) });
    await control.step(THREE);
    const before = JSON.stringify(await setsOf(zones));
    await control.step({ clusters: new Map(), hosts: [], deleted: { hosts: [], clusters: [], services: [] } });
    // The hosts are gone from a snapshot that control has judged; the Services' names nobody explained.
    const left = (await setsOf(zones)).filter((set) => set.name.startsWith("web.") && set.type === "A");
    expect(left).toHaveLength((JSON.parse(before) as RecordSet[]).filter((set) => set.name.startsWith("web.")).length);
    expect(control.zones[0]?.status()).toMatchObject({ state: "held" });
    expect(news).toContain("dns-held");
  });

  it("FM25: after an error at each of all writes nothing answers less than before, and the next round ends exactly", async () => {
    const writes = async (run: (control: TestControl, line: ReturnType<typeof breaking>) => Promise<void>) => {
      const zones = memoryZones(ZONE);
      const line = breaking(zones);
      const control = testControl(memoryDns(line.line, { time: virtualTime() }), "east");
      await control.step(THREE);
      const before = stateOf(await setsOf(zones));
      line.states.length = 0;
      await run(control, line);
      for (const state of line.states) {
        const now = stateOf(state);
        for (const name of before.keys()) {
          if (gone(name) || subjectOfRegistry(name) !== null || deadEnd(name, before, ZONE.name) !== null) continue;
          expect(deadEnd(name, now, ZONE.name), name).toBeNull();
        }
      }
      return { count: line.states.length, sets: await setsOf(zones) };
    };
    // Since when we have held a name depends on when it could be written.
    const text = (sets: readonly RecordSet[]) =>
      sets
        .map(({ name, type, values }) => `${name} ${type} ${values.join().replace(/since=\d+/, "since=")}`)
        .toSorted();
    const whole = await writes(async (control) => control.step(moved));
    expect(whole.count).toBeGreaterThan(5);
    for (let after = 0; after < whole.count; after += 1) {
      const { sets } = await writes(async (control, line) => {
        line.breakAfter(after);
        await control.step(moved);
        expect(control.zones[0]?.status().state).toBe("failing");
        line.breakAfter(Number.POSITIVE_INFINITY);
        await control.step(moved);
      });
      expect(text(sets)).toEqual(text(whole.sets));
    }
  });

  it.each(["NS", "SOA", "DS", "DNSKEY"])("FM29: a plan never touches %s", (type) => {
    const [settings] = controlSettings("east").zones;
    if (settings === undefined) throw new Error("Cannot plan: there is no zone");
    const delegation = plainSet("sub.example.org", type, ["ns1.example.net"], 300);
    const input = {
      settings,
      zone: ZONE,
      capabilities: memoryDns(memoryZones(ZONE)).capabilities,
      ttlSeconds: 30,
      adopt: new Set(["sub.example.org", "example.org"]),
      isExplained: () => true,
      isApproved: () => true,
      nowSeconds: 1_790_000_000,
    };
    const wish = (set: RecordSet) => ({ set, resource: "service/shop/web", visibility: "public" as const });
    const wanted = planManagedZone({ ...input, current: [], desired: { sets: [wish(delegation)], keep: [] } });
    expect(wanted.changes).toEqual([]);
    expect(wanted.conflicts).toMatchObject([{ name: "sub.example.org", code: "refused" }]);
    const there = planManagedZone({ ...input, current: [delegation], desired: { sets: [], keep: [] } });
    expect(there.changes).toEqual([]);
  });
});
