import { describe, expect, it } from "vitest";
import { approve, changeOrders } from "../../src/control/interventions.ts";
import { newControlState, reconcile, type ReconcileResult } from "../../src/control/reconcile.ts";
import type { Observation } from "../../src/core/objects.ts";
import { memoryStore } from "../../src/store/memory.ts";
import { sha256Hex } from "../../src/store/signature.ts";
import type { Store } from "../../src/store/store.ts";
import { cluster, ingress, observation, rule, service } from "../build/objects.ts";
import { setReader } from "../build/set-reader.ts";

const shop = ingress("shop", { rules: [rule("shop.example.org", "/", "shop")] });
const other = ingress("other", { rules: [rule("other.example.org", "/", "shop")] });
const CLUSTERS = [cluster("us"), cluster("eu")];

function world(store: Store = memoryStore()) {
  const config = setReader(observation(null, { clusters: CLUSTERS, ingresses: [shop, other] }));
  const clusters = ["us", "eu"].map((name) => setReader(observation(name, { services: [service("shop")] })));
  let nowMs = 1_000_000;
  const control = () => {
    const state = newControlState(store);
    const deps = {
      store,
      config,
      clusters: () => clusters,
      digest: sha256Hex,
      sign: null,
      verify: null,
      now: () => nowMs,
    };
    return (): Promise<ReconcileResult> => reconcile(deps, state, { audience: "test", allowPrivateOrigins: false });
  };
  const [us, eu] = clusters;
  if (us === undefined || eu === undefined) throw new Error("no readers");
  return { store, config, us, eu, control, pass: (ms: number) => void (nowMs += ms) };
}

function hostsOf(result: ReconcileResult): string[] {
  return result.published?.snapshot.hosts.map((host) => host.host) ?? [];
}

function clustersOf(result: ReconcileResult): string[] {
  return result.published?.snapshot.hosts[0]?.services[0]?.backends.map((backend) => backend.cluster) ?? [];
}

const gone = (before: Observation, ...kept: readonly (typeof shop)[]): Observation => ({
  ...before,
  objects: { ...before.objects, ingresses: kept },
});

describe("reconcile()", () => {
  it("publishes once, and again only when something changed", async () => {
    const { control, config } = world();
    const run = control();
    expect(await run()).toMatchObject({ outcome: "published", published: { manifest: { generation: 1 } } });
    expect(await run()).toMatchObject({ outcome: "unchanged" });
    config.now = observation(
      null,
      { clusters: CLUSTERS, ingresses: [shop] },
      { deleted: new Set(["Ingress/default/other"]) },
    );
    expect(await run()).toMatchObject({ outcome: "published", published: { manifest: { generation: 2 } } });
  });

  it("waits for the config source before it touches anything", async () => {
    const { control, config } = world();
    const run = control();
    await run();
    config.now = observation(null, {}, { complete: false, reachable: false });
    expect(hostsOf(await run())).toEqual(["other.example.org", "shop.example.org"]);
  });

  it("keeps the backends of a cluster whose API is unreachable, and says which is which", async () => {
    const { control, us } = world();
    const run = control();
    await run();
    us.now = { ...us.now, reachable: false, error: "connection refused" };
    const result = await run();
    expect(clustersOf(result)).toEqual(["eu", "us"]);
    expect(result.overlay?.clusters).toMatchObject([
      { cluster: "us", api: "unreachable", cause: "connection refused" },
      { cluster: "eu", api: "reachable" },
    ]);
  });

  it("remembers what an unreachable cluster held across a restart of control", async () => {
    const { control, us } = world();
    await control()();
    us.now = observation("us", {}, { complete: false, reachable: false, error: "connection refused" });
    const result = await control()();
    expect(clustersOf(result)).toEqual(["eu", "us"]);
    expect(result.outcome).toBe("unchanged");
  });

  it("lets a host go whose Ingress was seen being deleted, and takes it back", async () => {
    const { control, config } = world();
    const run = control();
    await run();
    const before = config.now;
    config.now = { ...gone(before, other), deleted: new Set(["Ingress/default/shop"]) };
    expect(hostsOf(await run())).toEqual(["other.example.org"]);
    config.now = before;
    expect(hostsOf(await run())).toEqual(["other.example.org", "shop.example.org"]);
  });

  it("withholds a host whose rules vanished unseen, applies everything else, and obeys an approval", async () => {
    const { control, config, store } = world();
    const run = control();
    await run();
    const added = ingress("new", { rules: [rule("new.example.org", "/", "shop")] });
    config.now = gone(config.now, other, added);
    const result = await run();
    expect(hostsOf(result)).toEqual(["new.example.org", "other.example.org", "shop.example.org"]);
    expect(result.withheld).toMatchObject([{ host: "shop.example.org" }]);
    await changeOrders(store, (current) => approve(current, result.approval ?? ""));
    const after = await run();
    expect(hostsOf(after)).toEqual(["new.example.org", "other.example.org"]);
    expect(after).toMatchObject({ withheld: [], approval: null });
  });

  it("lets a host go that an Ingress which is still there no longer names", async () => {
    const { control, config } = world();
    const run = control();
    await run();
    config.now = gone(config.now, other, ingress("shop", { rules: [rule("renamed.example.org", "/", "shop")] }));
    expect(hostsOf(await run())).toEqual(["other.example.org", "renamed.example.org"]);
  });

  it("withholds the hosts of a cluster that vanished from the config without being unjoined", async () => {
    const { control, config, us, eu } = world();
    config.now = observation(null, { clusters: CLUSTERS });
    us.now = observation("us", { ingresses: [shop], services: [service("shop")] });
    eu.now = observation("eu", { ingresses: [other], services: [service("shop")] });
    const run = control();
    await run();
    config.now = observation(null, { clusters: [cluster("eu")] });
    const vanished = await run();
    expect(hostsOf(vanished)).toEqual(["other.example.org", "shop.example.org"]);
    expect(vanished.published?.snapshot.clusters.map((one) => one.name)).toEqual(["eu", "us"]);
    config.now = { ...config.now, deleted: new Set(["Cluster//us"]) };
    expect(hostsOf(await run())).toEqual(["other.example.org"]);
  });

  it("keeps a host's backends whose Services vanished unseen everywhere, and lets them go when seen", async () => {
    const { us, eu, control } = world();
    const run = control();
    await run();
    const before = [us.now, eu.now];
    us.now = observation("us");
    expect(clustersOf(await run())).toEqual(["eu"]);
    eu.now = observation("eu");
    const kept = await run();
    expect(clustersOf(kept)).toEqual(["eu"]);
    expect(kept.withheld.map(({ host }) => host)).toEqual(["other.example.org", "shop.example.org"]);
    eu.now = observation("eu", {}, { deleted: new Set(["Service/default/shop"]) });
    const emptied = await run();
    expect([clustersOf(emptied), emptied.withheld]).toEqual([[], []]);
    [us.now, eu.now] = [before[0] ?? us.now, before[1] ?? eu.now];
    expect(clustersOf(await run())).toEqual(["eu", "us"]);
  });

  it("lets a host lose its backends when its Service was edited or its rule names another", async () => {
    const { config, us, eu, control } = world();
    const run = control();
    await run();
    const external = observation("us", { services: [service("shop", { type: "ExternalName" })] });
    us.now = external;
    eu.now = { ...external, cluster: "eu" };
    expect(clustersOf(await run())).toEqual([]);
    us.now = observation("us", { services: [service("shop")] });
    await run();
    const elsewhere = ingress("shop", { rules: [rule("shop.example.org", "/", "nowhere")] });
    config.now = gone(config.now, elsewhere, other);
    const result = await run();
    expect(result.withheld).toEqual([]);
    expect(result.published?.snapshot.hosts[1]?.services).toEqual([
      { service: "default/nowhere/80", backends: [], healthCheck: null },
    ]);
  });

  it("refuses a drain that would leave a host without a backend, unless forced", async () => {
    const { control, config } = world();
    const run = control();
    await run();
    const drainAll = (annotations: Record<string, string>) =>
      observation(null, {
        ingresses: [shop, other],
        clusters: CLUSTERS.map((one) => ({ ...one, weight: 0, meta: { ...one.meta, annotations } })),
      });
    config.now = drainAll({});
    const refused = await run();
    expect(refused.published?.snapshot.clusters.map((one) => one.weight)).toEqual([100, 100]);
    expect(refused.problems.map((problem) => problem.reason)).toEqual(["DrainRefused", "DrainRefused"]);
    config.now = drainAll({ "portolan.dev/force-drain": "true" });
    expect((await run()).published?.snapshot.clusters.map((one) => one.weight)).toEqual([0, 0]);
  });

  it("never interleaves two writers: the slower one sees the other's result and goes on from there", async () => {
    const { control, store } = world();
    const [first, second] = [control(), control()];
    const outcomes = (await Promise.all([first(), second()])).map((result) => result.outcome).sort();
    expect(outcomes).toEqual(["lost-race", "published"]);
    expect((await first()).published?.manifest.generation).toBe(1);
    expect((await second()).published?.manifest.generation).toBe(1);
    expect(await store.list("manifests/")).toHaveLength(1);
  });

  it("keeps the last generations and deletes what only older ones need", async () => {
    const { control, config, store } = world();
    const run = control();
    for (let index = 0; index < 15; index += 1) {
      config.now = observation(null, {
        clusters: CLUSTERS,
        ingresses: [shop, ingress("other", { rules: [rule(`v${index}.example.org`, "/", "shop")] })],
      });
      await run();
    }
    expect(await store.list("manifests/")).toHaveLength(10);
    expect((await store.list("slices/")).length).toBeLessThanOrEqual(22);
  });

  it("publishes under a newer epoch when the store was wiped and control restarted", async () => {
    const { control, store, pass } = world();
    const first = await control()();
    for (const key of await store.list("")) await store.delete(key);
    pass(5000);
    const second = await control()();
    expect(second.published?.manifest.epoch).toBeGreaterThan(first.published?.manifest.epoch ?? 0);
    expect(second.outcome).toBe("published");
  });
});
