/** Zones that follow a control function: two of them, strangers beside them, and approvals. */
import { describe, expect, it } from "vitest";
import { approve, changeOrders } from "../../src/control/interventions.ts";
import { adopt } from "../../src/control/dns-memory.ts";
import { subjectOfRegistry } from "../../src/core/dns/registry.ts";
import { plainSet, type RecordSet, recordKey, type Zone } from "../../src/core/dns/records.ts";
import { memoryDns, memoryZones, type MemoryZones } from "../../src/dns/memory.ts";
import { memoryStore } from "../../src/store/memory.ts";
import { controlSettings, testControl, THREE, type WorldState } from "../build/dns-control.ts";
import { random } from "../build/random.ts";

const ZONE: Zone = { name: "example.org", visibility: "public", id: "Z1" };

async function setsOf(zones: MemoryZones): Promise<readonly RecordSet[]> {
  return [...((await zones.read(ZONE.id)) ?? new Map<string, RecordSet>()).values()];
}

/** `name type values` without ownership and apex. */
async function lines(zones: MemoryZones): Promise<readonly string[]> {
  return (await setsOf(zones))
    .filter((set) => subjectOfRegistry(set.name) === null && set.name !== ZONE.name)
    .map(
      ({ name, type, values }) =>
        `${name.replace(".prod.svc", "").replace(".gslb.example.org", "")} ${type} ${values.join(" ")}`,
    )
    .toSorted();
}

async function put(zones: MemoryZones, ...sets: readonly RecordSet[]): Promise<void> {
  const current = (await zones.read(ZONE.id)) ?? new Map<string, RecordSet>();
  await zones.swap(ZONE.id, current, new Map([...current, ...sets.map((set) => [recordKey(set), set] as const)]));
}

const without = (state: WorldState, cluster: string): WorldState => ({
  ...state,
  clusters: new Map([...state.clusters].filter(([name]) => name !== cluster)),
  deleted: { ...state.deleted, clusters: [cluster] },
});
const ready = (state: WorldState, cluster: string, isReady: boolean): WorldState => ({
  ...state,
  clusters: new Map(
    [...state.clusters].map(([name, one]) => [name, name === cluster ? { ...one, ready: isReady } : one]),
  ),
});

describe("dns() with two control functions", () => {
  it("lets two owners hold one name together, and each takes back its own part", async () => {
    const zones = memoryZones(ZONE);
    const provider = memoryDns(zones);
    const [east, west] = [testControl(provider, "east"), testControl(provider, "west")];
    const westState: WorldState = {
      ...THREE,
      clusters: new Map([["syd", { region: "au", address: "192.0.2.9", ready: true }]]),
      hosts: ["other.example.org"],
    };
    await east.step(THREE);
    await west.step(westState);
    expect(await lines(zones)).toContain("web.default A 192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.9");
    await east.step(ready(THREE, "fra", false));
    expect(await lines(zones)).toContain("web.default A 192.0.2.2 192.0.2.3 192.0.2.9");
    await west.step({
      clusters: new Map(),
      hosts: [],
      deleted: { hosts: ["other.example.org"], clusters: ["syd"], services: [] },
    });
    expect(await lines(zones)).toContain("web.default A 192.0.2.2 192.0.2.3");
    expect((await lines(zones)).filter((line) => /syd|\.au\b|other/.test(line))).toEqual([]);
  });

  it("tells the loser of a name whose it is, and hands it over when the holder lets go", async () => {
    const zones = memoryZones(ZONE);
    const provider = memoryDns(zones);
    const [east, west] = ["east", "west"].map((owner) => {
      const settings = controlSettings(owner, { federation: null });
      const edges = settings.edges.map((one) => ({ ...one, hostName: `${owner}.example.net`, addresses: [] }));
      return testControl(provider, owner, { settings: { ...settings, edges } });
    });
    await east?.step(THREE);
    await west?.step(THREE);
    expect(await lines(zones)).toEqual(["shop.example.org CNAME east.example.net"]);
    expect(west?.zones[0]?.status().conflicts).toMatchObject([
      { name: "shop.example.org", code: "other-owner", owner: "east" },
    ]);
    await east?.step({ ...THREE, hosts: [], deleted: { ...THREE.deleted, hosts: ["shop.example.org"] } });
    await west?.step(THREE);
    expect(await lines(zones)).toEqual(["shop.example.org CNAME west.example.net"]);
  });

  it("lets two replicas of one owner race a hundred times, and ends with what the newest world wants", async () => {
    const zones = memoryZones(ZONE);
    const store = memoryStore();
    const replicas = ["one", "two"].map((writer) =>
      testControl(memoryDns(zones), "east", { store, orders: store, writer }),
    );
    const next = random(7);
    for (let round = 0; round < 100; round += 1) {
      const state = [...THREE.clusters.keys()].reduce((all, name) => ready(all, name, next() < 0.7), THREE);
      await Promise.all(replicas.map((one) => one.step(state)));
    }
    for (let round = 0; round < 3; round += 1) for (const one of replicas) await one.step(THREE);
    expect(await lines(zones)).toEqual([
      "shop.example.org A 203.0.113.1",
      "web.default A 192.0.2.1 192.0.2.2 192.0.2.3",
      "web.default.eu A 192.0.2.1 192.0.2.2",
      "web.default.eu-fra.eu A 192.0.2.1",
      "web.default.eu-vie.eu A 192.0.2.2",
      "web.default.us A 192.0.2.3",
      "web.default.us-nyc.us A 192.0.2.3",
    ]);
    expect(replicas.map((one) => one.zones[0]?.status().state)).toEqual(["in-step", "in-step"]);
  });
});

describe("dns() and what it may not touch", () => {
  const TTL = 3600;
  /** Beside names of ours, in every run. */
  const siblings: readonly RecordSet[] = [
    plainSet("shop.example.org", "TXT", ['"v=spf1 -all"'], TTL),
    plainSet("web.default.prod.svc.gslb.example.org", "TXT", ['"beside"'], TTL),
  ];
  const strangers: readonly RecordSet[] = [
    plainSet("_acme-challenge.shop.example.org", "TXT", ['"token"'], TTL),
    plainSet("mail.example.org", "MX", ["10 mx.example.net"], TTL),
    plainSet("*.example.org", "A", ["198.51.100.1"], TTL),
    plainSet("host1.example.org", "CNAME", ["elsewhere.example.net"], TTL),
    plainSet("host2.example.org", "AAAA", ["2001:db8::9"], TTL),
    plainSet("host3.example.org", "A", ["198.51.100.3"], TTL),
    plainSet("a-host3.example.org", "TXT", ['"heritage=external-dns,external-dns/owner=them"'], TTL),
    plainSet("web.default.prod.svc.eu.gslb.example.org", "A", ["198.51.100.4"], TTL),
    plainSet("web.default.prod.svc.us-nyc.us.gslb.example.org", "TXT", ['"beside"'], TTL),
    plainSet("_portolan.host4.example.org", "TXT", ['"portolan=9 from the future"'], TTL),
    plainSet("sub.example.org", "NS", ["ns1.example.net"], TTL),
    {
      ...plainSet("host5.example.org", "A", ["198.51.100.5"], TTL),
      setIdentifier: "cidr",
      policy: { type: "opaque", text: "{}" },
    },
  ];
  const HOSTS = [
    ...Array.from({ length: 6 }, (_, index) => `host${index}.example.org`),
    "shop.example.org",
    "in.sub.example.org",
  ];
  const NAMES = ["fra", "vie", "nyc"];

  it("leaves foreign records byte for byte as they are in 1,000 random runs, and nothing of its own behind", async () => {
    const next = random(20_261_124);
    const chance = (probability: number) => next() < probability;
    let written = 0;
    for (let run = 0; run < 1000; run += 1) {
      const zones = memoryZones(ZONE);
      const apex = await setsOf(zones);
      const foreign = [...siblings, ...strangers.filter(() => chance(0.5))];
      await put(zones, ...foreign);
      const before = JSON.stringify([...apex, ...foreign].toSorted(byKey));
      const control = testControl(memoryDns(zones), "east");
      const isForeign = new Set([...apex, ...foreign].map(recordKey));
      const besides = { added: 0, changed: 0, removed: 0 };
      let ours: ReadonlyMap<string, string> = new Map();
      const step = async (state: WorldState) => {
        await control.step(state);
        const all = await setsOf(zones);
        expect(JSON.stringify(all.filter((set) => isForeign.has(recordKey(set))).toSorted(byKey))).toBe(before);
        const beside = all.filter(({ name }) => siblings.some((one) => one.name === name));
        const now = new Map(
          beside.filter((set) => !isForeign.has(recordKey(set))).map((set) => [recordKey(set), set.values.join()]),
        );
        for (const [key, values] of now) {
          if (!ours.has(key)) besides.added += 1;
          else if (ours.get(key) !== values) besides.changed += 1;
        }
        besides.removed += [...ours.keys()].filter((key) => !now.has(key)).length;
        ours = now;
        written += all.length - foreign.length - apex.length;
        return all;
      };
      // What every run does beside foreign records: make, change; at the end, take away.
      await step(THREE);
      await step(ready(THREE, "vie", false));
      for (let round = 0; round < 3; round += 1) {
        const hosts = HOSTS.filter(() => chance(0.5));
        const clusters = [...THREE.clusters].filter(() => chance(0.8));
        await step({
          clusters: new Map(clusters.map(([name, one]) => [name, { ...one, ready: chance(0.1) ? null : chance(0.7) }])),
          hosts,
          deleted: {
            hosts: HOSTS.filter((one) => !hosts.includes(one)),
            clusters: NAMES.filter((one) => !clusters.some(([name]) => name === one)),
            services: NAMES,
          },
        });
      }
      const gone = { hosts: HOSTS, clusters: NAMES, services: NAMES };
      const left = await step({ clusters: new Map(), hosts: [], deleted: gone });
      expect(left.map(recordKey).toSorted()).toEqual([...apex, ...foreign].map(recordKey).toSorted());
      for (const count of Object.values(besides)) expect(count).toBeGreaterThan(0);
    }
    // Otherwise nothing was shown.
    expect(written).toBeGreaterThan(20_000);
  }, 120_000);

  it("adopts what nobody owns when a person says so, and only that", async () => {
    const zones = memoryZones(ZONE);
    await put(zones, plainSet("shop.example.org", "A", ["198.51.100.9"], 300));
    const control = testControl(memoryDns(zones), "east");
    await control.step(THREE);
    expect(await lines(zones)).toContain("shop.example.org A 198.51.100.9");
    expect(control.zones[0]?.status().conflicts).toMatchObject([{ name: "shop.example.org", code: "foreign" }]);
    await adopt(control.deps.store, "shop.example.org");
    await control.step(THREE);
    expect(await lines(zones)).toContain("shop.example.org A 203.0.113.1");
    expect(control.zones[0]?.status().conflicts).toEqual([]);
  });
});

describe("dns() and rule 4", () => {
  it("holds what nobody explained, applies the rest, and spends an approval once", async () => {
    const zones = memoryZones(ZONE);
    const control = testControl(memoryDns(zones), "east");
    await control.step(THREE);
    const unseen: WorldState = { ...without(THREE, "nyc"), deleted: { hosts: [], clusters: [], services: [] } };
    await control.step(unseen);
    expect(await lines(zones)).toContain("web.default A 192.0.2.1 192.0.2.2");
    expect(await lines(zones)).toContain("web.default.us A 192.0.2.3");
    const { approval, held } = control.zones[0]?.status() ?? {};
    expect(held).toHaveLength(2);
    await changeOrders(control.deps.orders, (current) => approve(current, "0".repeat(64)));
    await control.step(unseen);
    expect(await lines(zones)).toContain("web.default.us A 192.0.2.3");
    await changeOrders(control.deps.orders, (current) => approve(current, approval ?? ""));
    await control.step(unseen);
    expect((await lines(zones)).filter((line) => line.includes("us"))).toEqual([]);
    // The same loss again is another question.
    await control.step(THREE);
    await control.step(unseen);
    expect(control.zones[0]?.status()).toMatchObject({ state: "held", approval });
  });

  it("holds nothing of what was seen: a deletion, an unjoin, a Service of another type", async () => {
    const zones = memoryZones(ZONE);
    const control = testControl(memoryDns(zones), "east");
    await control.step(THREE);
    await control.step(without(THREE, "nyc"));
    expect((await lines(zones)).filter((line) => line.includes("us"))).toEqual([]);
    const last: WorldState = {
      ...without(THREE, "nyc"),
      clusters: new Map([["fra", { region: "eu", address: "192.0.2.1", ready: null }]]),
      deleted: { hosts: [], clusters: ["vie", "nyc"], services: ["fra"] },
    };
    await control.step(last);
    expect(await lines(zones)).toEqual(["shop.example.org A 203.0.113.1"]);
    expect(control.zones[0]?.status().state).toBe("in-step");
  });

  it("makes again what somebody deleted by hand, also while it was down", async () => {
    const zones = memoryZones(ZONE);
    await testControl(memoryDns(zones), "east").step(THREE);
    const whole = await lines(zones);
    const current = (await zones.read(ZONE.id)) ?? new Map<string, RecordSet>();
    const kept = [...current].filter(
      ([key]) => !key.startsWith("web.default.prod.svc.eu.") && !key.startsWith("shop."),
    );
    await zones.swap(ZONE.id, current, new Map(kept));
    expect(await lines(zones)).not.toEqual(whole);
    await testControl(memoryDns(zones), "east").step(THREE);
    expect(await lines(zones)).toEqual(whole);
  });
});

function byKey(a: RecordSet, b: RecordSet): number {
  return recordKey(a) < recordKey(b) ? -1 : 1;
}
