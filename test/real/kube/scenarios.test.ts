/** What real API servers do on a bad day, and what users see of it: nothing. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Running } from "../../../src/cli/deps.ts";
import { apiReader } from "../../../src/kube/api-reader.ts";
import { until } from "../../conformance/until.ts";
import { eventually } from "../../scenarios/until.ts";
import { collectionOf, create, endpointSlice, manifests } from "./backend.ts";
import type { RealCluster } from "./cluster.ts";
import { whyNoClusters } from "./clusters.ts";
import { CLUSTERS, type RealWorld, startWorld, statusOf, zoneOf } from "./world.ts";

const reason = await whyNoClusters();
const HOST = "shop.example.org";
const WAIT_MS = 25_000;

describe.skipIf(reason !== null)("three real clusters", () => {
  let world: RealWorld;
  let control: Running;
  let frankfurt: Running;
  let newYork: Running;
  const closing: (() => unknown)[] = [];

  const cluster = (name: (typeof CLUSTERS)[number]): RealCluster => world.real.cluster(name);
  const api = async (name: string) => (await statusOf(control)).clusters.find((one) => one.cluster === name);

  beforeAll(async () => {
    const startedMs = Date.now();
    world = await startWorld();
    console.log(`three clusters ready after ${Date.now() - startedMs} ms`);
    for (const one of world.real.clusters) await create(one, manifests("shop", one.data.addresses));
  }, 180_000);
  afterAll(() => world.close());

  beforeEach(async () => {
    control = await world.control();
    closing.push(control.close);
    const store = /store +(http\S+)$/m.exec(control.banner.join("\n"))?.[1] ?? "";
    frankfurt = await world.edge("frankfurt", store);
    closing.push(frankfurt.close);
    newYork = await world.edge("new-york", store);
    closing.push(newYork.close);
    await eventually(
      () => zoneOf(frankfurt, HOST),
      (zone) => zone === "europe-west1",
      WAIT_MS,
    );
    await eventually(
      () => zoneOf(newYork, HOST),
      (zone) => zone === "us-east1",
      WAIT_MS,
    );
  }, 60_000);
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  it("an API that is blackholed: its backends stay, the status says API unreachable", async () => {
    await cluster("europe-west1").api.blackhole(true);
    try {
      const lost = await eventually(
        () => api("europe-west1"),
        (one) => one?.api === "unreachable",
        WAIT_MS,
      );
      expect(lost?.apiCause).toContain("/readyz: ");
      expect(await zoneOf(frankfurt, HOST)).toBe("europe-west1");
      // The others are still followed.
      const asia = cluster("asia-east1");
      await create(asia, manifests("late", asia.data.addresses));
      await eventually(
        () => zoneOf(frankfurt, "late.example.org"),
        (zone) => zone === "asia-east1",
        WAIT_MS,
      );
      await Promise.all(["Ingress", "Service"].map((kind) => asia.client.delete(`${collectionOf(kind)}/late`)));
    } finally {
      await cluster("europe-west1").api.blackhole(false);
    }
    await eventually(
      () => api("europe-west1"),
      (one) => one?.api === "reachable",
      WAIT_MS,
    );
  }, 120_000);

  it("a data path that is cut: edges leave it, the API stays reachable; and both at once", async () => {
    const { data, api: apiLink } = cluster("europe-west1");
    await data.blackhole(true);
    try {
      // Whoever is on the way when the path is cut waits for a try's share of the deadline; nobody is refused, and who
      // comes later does not wait.
      const cutMs = Date.now();
      const asked = await Promise.all(
        Array.from({ length: 100 }, async (_, index) => {
          await new Promise((resolve) => setTimeout(resolve, index * 100));
          const sentMs = Date.now();
          const lateMs = sentMs - cutMs - index * 100;
          return { sentMs, lateMs, zone: await zoneOf(frankfurt, HOST), tookMs: Date.now() - sentMs };
        }),
      );
      expect(asked.filter(({ zone }) => !/^(us|asia)-east1$/.test(zone))).toEqual([]);
      const lastSlow = asked.findLast(({ tookMs }) => tookMs > 1_000);
      const leftMs = (lastSlow?.sentMs ?? cutMs) - cutMs;
      // A machine that runs our own timers late runs the edge's late as well, and several of those are in a row.
      const lateMs = Math.max(...asked.map((one) => one.lateMs));
      console.log(`edges left the cut path after ${leftMs} ms, with timers up to ${lateMs} ms late`);
      expect(leftMs).toBeLessThan(1_000 + 5 * lateMs);
      await eventually(
        () => api("europe-west1"),
        (one) => one?.api === "reachable" && one.data === "not-serving",
        WAIT_MS,
      );
      await apiLink.blackhole(true);
      await eventually(
        () => api("europe-west1"),
        (one) => one?.api === "unreachable" && one.data === "not-serving",
        WAIT_MS,
      );
      await apiLink.blackhole(false);
    } finally {
      await data.blackhole(false);
    }
    await eventually(
      () => zoneOf(frankfurt, HOST),
      (zone) => zone === "europe-west1",
      WAIT_MS,
    );
  }, 180_000);

  it("an API server that is killed and comes back with an empty watch cache", async () => {
    const europe = cluster("europe-west1");
    await europe.killApi();
    expect(await zoneOf(frankfurt, HOST)).toBe("europe-west1");
    await europe.startApi();
    await europe.client.replace(`${collectionOf("EndpointSlice")}/shop-1`, { ...endpointSlice("shop", []) });
    await eventually(
      () => zoneOf(frankfurt, HOST),
      (zone) => zone !== "europe-west1",
      WAIT_MS,
    );
    await europe.client.replace(`${collectionOf("EndpointSlice")}/shop-1`, {
      ...endpointSlice("shop", europe.data.addresses),
    });
    await eventually(
      () => zoneOf(frankfurt, HOST),
      (zone) => zone === "europe-west1",
      WAIT_MS,
    );
  }, 120_000);

  it("a Service whose type changes, twice", async () => {
    const { client } = cluster("europe-west1");
    const path = `${collectionOf("Service")}/shop`;
    expect(await client.merge(path, { spec: { type: "NodePort" } })).toMatchObject({ ok: true });
    expect(await zoneOf(frankfurt, HOST)).toBe("europe-west1");
    expect(
      await client.merge(path, {
        spec: { type: "ExternalName", externalName: "metadata.internal", clusterIP: "", clusterIPs: null, ports: null },
      }),
    ).toMatchObject({ ok: true });
    await eventually(
      () => zoneOf(frankfurt, HOST),
      (zone) => zone !== "europe-west1" && zone.endsWith("east1"),
      WAIT_MS,
    );
    expect(
      await client.merge(path, {
        spec: { type: "ClusterIP", externalName: null, ports: [{ port: 80, targetPort: 9090 }] },
      }),
    ).toMatchObject({ ok: true });
    await eventually(
      () => zoneOf(frankfurt, HOST),
      (zone) => zone === "europe-west1",
      WAIT_MS,
    );
  }, 120_000);

  it("a namespace that is deleted lets its hosts go, and nobody else's", async () => {
    const europe = cluster("europe-west1");
    await create(europe, [{ apiVersion: "v1", kind: "Namespace", metadata: { name: "team" } }]);
    await create(europe, manifests("team", europe.data.addresses, "team"));
    await eventually(
      () => zoneOf(frankfurt, "team.example.org"),
      (zone) => zone === "europe-west1",
      WAIT_MS,
    );
    await europe.client.delete("/api/v1/namespaces/team");
    await eventually(
      () => zoneOf(frankfurt, "team.example.org"),
      (zone) => zone.startsWith("404"),
      WAIT_MS,
    );
    expect(await zoneOf(frankfurt, HOST)).toBe("europe-west1");
  }, 120_000);

  it("a thousand Ingress objects at once, and one poisoned beside them", async () => {
    const europe = cluster("europe-west1");
    const startedMs = Date.now();
    const [, , ingress] = manifests("bulk", []) as [
      object,
      object,
      { metadata: object; spec: { rules: { host: string }[] } },
    ];
    const one = (index: number) => {
      const rules = ingress.spec.rules.map((rule) => ({ ...rule, host: `bulk-${index}.example.org` }));
      return {
        ...ingress,
        metadata: { name: `bulk-${index}`, namespace: "default" },
        spec: { ...ingress.spec, rules },
      };
    };
    await create(europe, manifests("bulk", europe.data.addresses).slice(0, 2));
    const hostile = {
      "portolan.dev/x": "\u202e<script>\u0007",
      "nginx.ingress.kubernetes.io/configuration-snippet": "}".repeat(1000),
    };
    const poisoned = {
      ...one(0),
      metadata: { name: "poisoned", namespace: "default", annotations: hostile },
      spec: { ...ingress.spec, rules: [{ ...one(0).spec.rules[0], host: HOST }] },
    };
    await create(europe, [poisoned]);
    for (let from = 0; from < 1000; from += 50) {
      await Promise.all(Array.from({ length: 50 }, (_, index) => create(europe, [one(from + index)])));
    }
    const createdMs = Date.now();
    await eventually(
      async () => (await statusOf(control)).snapshot?.hosts ?? 0,
      (hosts) => hosts >= 1001,
      WAIT_MS,
    );
    await eventually(
      () => zoneOf(frankfurt, "bulk-999.example.org"),
      (zone) => zone === "europe-west1",
      WAIT_MS,
    );
    console.log(
      `1,000 Ingresses created in ${createdMs - startedMs} ms, served ${Date.now() - createdMs} ms after the last`,
    );
    expect(await zoneOf(frankfurt, HOST)).toBe("europe-west1");
    await europe.client.delete(collectionOf("Ingress") + "/poisoned");
    for (let from = 0; from < 1000; from += 50) {
      await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          europe.client.delete(`${collectionOf("Ingress")}/bulk-${from + index}`),
        ),
      );
    }
    await eventually(
      async () => (await statusOf(control)).snapshot?.hosts ?? 0,
      (hosts) => hosts <= 3,
      WAIT_MS,
    );
  }, 180_000);

  it("rights that are taken away, and given back", async () => {
    const europe = cluster("europe-west1");
    const reader = { kind: "User", name: "reader", apiGroup: "rbac.authorization.k8s.io" };
    const rules = [
      { apiGroups: [""], resources: ["services"], verbs: ["get", "list", "watch"] },
      { apiGroups: ["networking.k8s.io"], resources: ["ingresses", "ingressclasses"], verbs: ["get", "list", "watch"] },
      { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["get", "list", "watch"] },
    ];
    const rbac = "rbac.authorization.k8s.io/v1";
    const roleRef = { kind: "ClusterRole", name: "reader", apiGroup: "rbac.authorization.k8s.io" };
    const binding = {
      apiVersion: rbac,
      kind: "ClusterRoleBinding",
      metadata: { name: "reader" },
      roleRef,
      subjects: [reader],
    };
    await create(europe, [{ apiVersion: rbac, kind: "ClusterRole", metadata: { name: "reader" }, rules }, binding]);
    const access = { ...europe.access, headers: { "impersonate-user": "reader" }, cluster: "europe-west1" };
    const restricted = apiReader(access, { backoff: { baseMs: 100, capMs: 1_000 } });
    closing.push(() => restricted.close());
    // An authorizer may have to hear of a new role first.
    await restricted.start();
    await until(restricted, ({ reachable, complete }) => reachable && complete, WAIT_MS);
    const before = restricted.observe().objects.services.length;
    expect(await europe.client.delete(`${collectionOf("ClusterRoleBinding")}/reader`)).toMatchObject({ ok: true });
    await europe.killApi();
    await europe.startApi();
    const lost = await until(restricted, ({ error }) => error?.includes("403 Forbidden") ?? false, WAIT_MS);
    expect(lost.reachable).toBe(false);
    expect(restricted.observe().objects.services).toHaveLength(before);
    await create(europe, [binding]);
    await until(restricted, ({ reachable }) => reachable, WAIT_MS);
    expect(restricted.observe().objects.services).toHaveLength(before);
  }, 120_000);

  it("two controls at once: one writes, and nothing is mixed", async () => {
    const other = await world.control();
    closing.push(other.close);
    const europe = cluster("europe-west1");
    await create(europe, manifests("pair", europe.data.addresses));
    await eventually(
      () => zoneOf(frankfurt, "pair.example.org"),
      (zone) => zone === "europe-west1",
      WAIT_MS,
    );
    // Both agree on what is there: nobody writes over the other one again and again.
    const generation = async () => (await statusOf(control)).snapshot?.generation ?? 0;
    const pause = () => new Promise((resolve) => setTimeout(resolve, 3_000));
    const settled = await eventually(
      async () => {
        const before = await generation();
        await pause();
        return [before, await generation()] as const;
      },
      ([before, after]) => before === after,
      WAIT_MS,
    );
    await pause();
    expect(await generation()).toBe(settled[1]);
    await Promise.all(["Ingress", "Service"].map((kind) => europe.client.delete(`${collectionOf(kind)}/pair`)));
    // A deletion that nobody saw would be withheld in the next test, as it should be.
    await eventually(
      () => zoneOf(frankfurt, "pair.example.org"),
      (zone) => zone.startsWith("404"),
      WAIT_MS,
    );
  }, 120_000);

  it("all three APIs gone for good: edges go on, also after a restart of control", async () => {
    await Promise.all(world.real.clusters.map((one) => one.killApi()));
    try {
      expect(await zoneOf(frankfurt, HOST)).toBe("europe-west1");
      const again = await world.control();
      closing.push(again.close);
      expect((await statusOf(again)).withheld).toEqual([]);
      expect((await statusOf(again)).clusters.map((one) => one.api)).toEqual([
        "unreachable",
        "unreachable",
        "unreachable",
      ]);
      expect(await zoneOf(frankfurt, HOST)).toBe("europe-west1");
      expect(await zoneOf(newYork, HOST)).toBe("us-east1");
    } finally {
      await Promise.all(world.real.clusters.map((one) => one.startApi()));
    }
  }, 180_000);
});
