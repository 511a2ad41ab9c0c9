import { describe, expect, it } from "vitest";
import { applyDnsPlan, type DnsApplyDeps } from "../../src/control/dns-apply.ts";
import { dnsJournal, type LogEntry } from "../../src/control/dns-journal.ts";
import type { DnsChange, DnsPlan, RecordSet } from "../../src/core/dns/records.ts";
import { memoryDns, type MemoryZones, memoryZones } from "../../src/dns/memory.ts";
import { byKey, standing } from "../../src/dns/standing.ts";
import { memoryStore } from "../../src/store/memory.ts";
import type { Store } from "../../src/store/store.ts";
import { create, recordSet, replace } from "../build/dns.ts";
import { ZONE } from "../dns/memory-world.ts";

const host = (index: number, last = 1) => recordSet(`h${index}.example.org`, "A", [`192.0.2.${last}`]);
const owner = (index: number) => recordSet(`_o.h${index}.example.org`, "TXT", ['"heritage=portolan"']);
const creates = (count: number) => Array.from({ length: count }, (_, index) => create(host(index), owner(index)));

function plan(changes: readonly DnsChange[]): DnsPlan {
  return { zone: ZONE, changes, conflicts: [], held: [], removal: "" };
}

function world(override: Partial<DnsApplyDeps> = {}, zones: MemoryZones = memoryZones(ZONE)) {
  const deps: DnsApplyDeps = {
    provider: memoryDns(zones),
    store: memoryStore(),
    writer: "control-a",
    now: () => 1_000_000,
    changesAtOnce: 3,
    ...override,
  };
  const records = async () => (await deps.provider.list(ZONE)).filter((set) => set.name !== "example.org");
  return { deps, zones, records };
}

async function log(deps: DnsApplyDeps): Promise<readonly LogEntry[]> {
  const journal = await dnsJournal(deps.store, deps.provider.name, ZONE);
  const entries: LogEntry[] = [];
  for await (const entry of journal.readLog()) entries.push(entry);
  return entries;
}

describe("applyDnsPlan()", () => {
  it("applies a plan and logs each change with its outcome, newest first", async () => {
    const { deps, records } = world();
    const report = await applyDnsPlan(plan(creates(7)), deps);
    expect(report.status).toBe("done");
    expect(report.outcomes.map(({ outcome }) => outcome.status)).toEqual(Array(7).fill("applied"));
    expect(await records()).toHaveLength(14);
    const entries = await log(deps);
    expect(entries.map((entry) => entry.changes.length)).toEqual([1, 3, 3]);
    expect(entries[0]?.changes[0]).toEqual({ change: creates(7)[6], status: "applied", message: null });
  });

  it("does not hold up the rest for what is refused or overtaken", async () => {
    const { deps, records } = world();
    await applyDnsPlan(plan([create(host(1, 9))]), deps);
    const changes = [
      create(host(0)),
      create(host(1)),
      create(recordSet("x.example.com", "A", ["192.0.2.1"])),
      create(host(2)),
    ];
    const report = await applyDnsPlan(plan(changes), deps);
    expect(report.outcomes.map(({ outcome }) => outcome.status)).toEqual([
      "applied",
      "overtaken",
      "refused",
      "applied",
    ]);
    expect(await records()).toHaveLength(3);
  });

  it("writes nothing for an empty plan", async () => {
    const { deps } = world();
    expect(await applyDnsPlan(plan([]), deps)).toEqual({ status: "done", by: null, outcomes: [], resumed: [] });
    expect(await deps.store.list("")).toEqual([]);
  });

  it("leaves the zone to another writer that has announced changes, until its lease is over", async () => {
    const { deps, zones, records } = world();
    const journal = await dnsJournal(deps.store, "memory", ZONE);
    const open = { writer: "control-b", startedMs: 1_000_000, changes: [create(host(0)), create(host(1))] };
    await journal.writeHead({ format: 1, zone: ZONE, provider: "memory", sequence: 0, open }, null);
    await memoryDns(zones).apply(ZONE, [create(host(0))]);
    expect(await applyDnsPlan(plan([create(host(5))]), deps)).toMatchObject({ status: "busy", by: "control-b" });
    expect(await records()).toHaveLength(1);
    const later = await applyDnsPlan(plan([create(host(5))]), { ...deps, now: () => 1_600_000 });
    expect(later.status).toBe("done");
    expect(later.resumed.map((one) => one.status)).toEqual(["applied", "not-applied"]);
    expect((await log(deps)).map((entry) => [entry.writer, entry.isResumed])).toEqual([
      ["control-a", false],
      ["control-b", true],
    ]);
  });

  it("stops when another writer takes over in the middle", async () => {
    const { deps, records } = world();
    const journal = await dnsJournal(deps.store, "memory", ZONE);
    const provider = memoryDns(memoryZones(ZONE));
    const interrupted: DnsApplyDeps = {
      ...deps,
      provider: {
        ...deps.provider,
        async apply(zone, changes) {
          const { head, version } = await journal.readHead();
          await journal.writeHead({ ...head, open: { writer: "control-b", startedMs: 1, changes: [] } }, version);
          return await deps.provider.apply(zone, changes);
        },
      },
    };
    const report = await applyDnsPlan(plan(creates(7)), interrupted);
    expect(report).toMatchObject({ status: "taken-over", by: "control-b" });
    expect(report.outcomes).toHaveLength(3);
    expect(await records()).toHaveLength(6);
    expect(await provider.list(ZONE)).toHaveLength(2);
  });

  it("rejects when the journal is not what it should be, and writes nothing", async () => {
    const { deps, records } = world();
    await applyDnsPlan(plan(creates(1)), deps);
    const [head] = (await deps.store.list("dns/")).filter((key) => key.endsWith("/head"));
    await deps.store.put(head ?? "", new TextEncoder().encode('{"format":2}'), "any");
    await expect(applyDnsPlan(plan(creates(2)), deps)).rejects.toThrow(/Cannot read the DNS journal/);
    expect(await records()).toHaveLength(2);
  });
});

/** Everything works until the n-th call to the outside; that one is carried out or not, and then the process is dead. */
function mortal(store: Store, zones: MemoryZones, diesAt: number, isDone: boolean) {
  let calls = 0;
  const dead = new Error("killed");
  const step = async <T>(work: () => Promise<T>): Promise<T> => {
    calls += 1;
    if (calls > diesAt) throw dead;
    if (calls < diesAt) return await work();
    if (isDone) await work();
    throw dead;
  };
  return {
    store: {
      ...store,
      get: (key) => step(() => store.get(key)),
      put: (key, value, condition) => step(() => store.put(key, value, condition)),
      delete: (key) => step(() => store.delete(key)),
      list: (prefix) => step(() => store.list(prefix)),
    } satisfies Store,
    zones: {
      zones: zones.zones,
      read: (id) => step(() => zones.read(id)),
      swap: (id, expected, next) => step(() => zones.swap(id, expected, next)),
    } satisfies MemoryZones,
    wasAlive: () => calls < diesAt,
  };
}

/** The plan that a fresh run makes from what it finds. */
function replan(wanted: readonly DnsChange[], current: ReadonlyMap<string, RecordSet>): readonly DnsChange[] {
  return wanted.filter((change) => standing(change, current, "change").state !== "done");
}

describe("applyDnsPlan(), killed at each of its calls to the outside", () => {
  it.each([false, true])("ends with exactly the wanted zone (the last call carried out: %s)", async (isDone) => {
    const wanted = [...creates(8), replace([host(0), owner(0)], [host(0, 7), owner(0)])];
    let moments = 0;
    for (let diesAt = 1; ; diesAt += 1) {
      const { deps, zones, records } = world();
      const victim = mortal(deps.store, zones, diesAt, isDone);
      const patience = { totalMs: 0, firstDelayMs: 1, maxDelayMs: 1 };
      await applyDnsPlan(plan(wanted), {
        ...deps,
        store: victim.store,
        provider: memoryDns(victim.zones, { patience }),
      }).catch((error: unknown) => expect(error).toHaveProperty("message", "killed"));
      const left = replan(wanted, byKey(await deps.provider.list(ZONE)));
      const report = await applyDnsPlan(plan(left), deps);
      expect(report.status).toBe("done");
      expect(await records()).toHaveLength(16);
      expect(byKey(await records()).get("h0.example.org\tA\t")?.values).toEqual(["192.0.2.7"]);
      expect((await (await dnsJournal(deps.store, "memory", ZONE)).readHead()).head.open).toBeNull();
      if (victim.wasAlive()) break;
      moments += 1;
    }
    expect(moments).toBeGreaterThan(25);
  });
});
