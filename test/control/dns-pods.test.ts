/** Names of pods in a zone that follows a control function: why they come, stay and go. */
import { describe, expect, it } from "vitest";
import { compile } from "../../src/core/compile/compile.ts";
import { objectKey } from "../../src/core/objects.ts";
import { subjectOfRegistry } from "../../src/core/dns/registry.ts";
import type { Zone } from "../../src/core/dns/records.ts";
import { memoryDns, memoryZones, type MemoryZones } from "../../src/dns/memory.ts";
import { memoryStore } from "../../src/store/memory.ts";
import { controlSettings, testControl, type TestControl } from "../build/dns-control.ts";
import { cluster, observation, podSlice, service, serviceExport } from "../build/objects.ts";

const ZONE: Zone = { name: "clusterset.local", visibility: "private", id: "Z1" };
const SUFFIX = ".db.default.svc.clusterset.local";

interface State {
  /** Pods of each cluster, and which are ready; null for a cluster without the Service. */
  readonly pods: Readonly<Record<string, Readonly<Record<string, boolean>> | null>>;
  /** `fra`: the cluster; `fra/Service`, `fra/ServiceExport`: what was seen deleted there. */
  readonly deleted?: readonly string[];
  readonly exported?: readonly string[];
}

async function step(control: TestControl, { pods, deleted = [], exported = Object.keys(pods) }: State): Promise<void> {
  control.advance(120_000);
  const nowMs = control.deps.now();
  const config = observation(
    null,
    { clusters: Object.keys(pods).map((name) => cluster(name)) },
    { deleted: new Set(deleted.filter((one) => !one.includes("/")).map((one) => objectKey("Cluster", "", one))) },
  );
  const clusters = Object.entries(pods).map(([name, own], index) => {
    const addresses = Object.keys(own ?? {}).map((pod) => [pod, `10.${index}.0.${1 + Number(pod.slice(3))}`]);
    const held = {
      services: [service("db", { headless: true })],
      endpointSlices: [podSlice("db", Object.fromEntries(addresses), { ready: (pod) => own?.[pod] ?? false })],
      serviceExports: exported.includes(name) ? [serviceExport("db")] : [],
    };
    const seen = deleted.flatMap((one) => {
      const [at, kind] = one.split("/");
      return at === name && kind !== undefined ? [objectKey(kind, "default", "db")] : [];
    });
    return observation(name, own === null ? {} : held, { deleted: new Set(seen) });
  });
  const { snapshot } = compile({ config, clusters, previous: null, allowPrivateOrigins: true, nowMs });
  await control.round({ snapshot, health: null, config, clusters });
  await control.settled();
}

function world(store = memoryStore()): { readonly zones: MemoryZones; readonly start: () => TestControl } {
  const zones = memoryZones(ZONE);
  const settings = controlSettings("east", { federation: null, edges: [] });
  const zone = settings.zones.map((one) => ({ ...one, ...ZONE }));
  return {
    zones,
    start: () =>
      testControl(memoryDns(zones), "east", { store, orders: store, settings: { ...settings, zones: zone } }),
  };
}

/** Names below the Service's, each with how many addresses it has; the Service's own is "". */
async function names(zones: MemoryZones): Promise<Readonly<Record<string, number>>> {
  const sets = [...((await zones.read(ZONE.id)) ?? new Map()).values()];
  const own = sets.filter((set) => set.name.endsWith(SUFFIX.slice(1)) && subjectOfRegistry(set.name) === null);
  return Object.fromEntries(
    own.map((set) => [set.name.slice(0, -SUFFIX.length), set.values.length]).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

const BOTH: State = { pods: { fra: { "db-0": true, "db-1": true }, vie: { "db-0": true } } };
const NAMED = { "": 3, "db-0.fra": 1, "db-0.vie": 1, "db-1.fra": 1 };

describe("dns() and pods", () => {
  it("follows pods that come and go, and keeps the last names when none is ready", async () => {
    const { zones, start } = world();
    const control = start();
    await step(control, BOTH);
    expect(await names(zones)).toEqual(NAMED);
    // Many at once, and all of them explained by their slices.
    const many = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`db-${index}`, true]));
    await step(control, { pods: { ...BOTH.pods, fra: many } });
    expect(Object.keys(await names(zones))).toHaveLength(14);
    await step(control, { pods: { fra: { "db-0": true, "db-1": false }, vie: { "db-0": true } } });
    expect(await names(zones)).toEqual({ "": 2, "db-0.fra": 1, "db-0.vie": 1 });
    await step(control, { pods: { fra: { "db-0": false }, vie: { "db-0": false } } });
    expect(await names(zones)).toEqual({ "": 2, "db-0.fra": 1, "db-0.vie": 1 });
    expect(control.zones[0]?.status().held).toEqual([]);
  });

  it("leaves nothing of a cluster that leaves, of an export or a Service that is deleted", async () => {
    for (const [label, gone] of [
      ["the cluster", { pods: { vie: { "db-0": true } }, deleted: ["fra"] }],
      ["the export", { ...BOTH, exported: ["vie"], deleted: ["fra/ServiceExport"] }],
      ["the Service", { pods: { ...BOTH.pods, fra: null }, deleted: ["fra/Service"] }],
    ] as const) {
      const { zones, start } = world();
      await step(start(), BOTH);
      // A control that starts anew knows why from the store alone.
      const control = start();
      await step(control, gone);
      expect([label, await names(zones)]).toEqual([label, { "": 1, "db-0.vie": 1 }]);
      const last = { pods: { vie: null }, deleted: ["fra", "vie/ServiceExport", "vie/Service"] };
      await step(control, last);
      expect([label, await names(zones)]).toEqual([label, {}]);
    }
  });

  it("holds a removal that nobody explains", async () => {
    const { zones, start } = world();
    const control = start();
    await step(control, BOTH);
    await step(control, { pods: { fra: null, vie: null } });
    expect(await names(zones)).toEqual(NAMED);
    expect(control.zones[0]?.status().held.length).toBeGreaterThan(0);
  });
});
