/** Objects that are made to do harm, as far as a real API server takes them, beside good ones. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Running } from "../../../src/cli/deps.ts";
import { eventually } from "../../scenarios/until.ts";
import { collectionOf, create, manifests } from "./backend.ts";
import { whyNoClusters } from "./clusters.ts";
import { address, type RealWorld, startWorld, statusOf, zoneOf } from "./world.ts";

const why = await whyNoClusters();
const GOOD = "shop.example.org";
const WAIT_MS = 25_000;
const HOSTILE = {
  "portolan.dev/adopt": "\u202e<script>alert(1)</script>",
  "portolan.dev/steering": "__proto__",
  "portolan.dev/health-check": "http://169.254.169.254/latest/meta-data",
  "portolan.dev/constructor": "]".repeat(10_000),
  "nginx.ingress.kubernetes.io/configuration-snippet": "} lua_code { os.execute('id') }",
};

describe.skipIf(why !== null)("poisoned objects beside good ones", () => {
  let world: RealWorld;
  let control: Running;
  let edge: Running;

  beforeAll(async () => {
    world = await startWorld(["us-east1"]);
    const [east] = world.real.clusters;
    if (east === undefined) throw new Error("no cluster");
    await create(east, manifests("shop", east.data.addresses));
    control = await world.control();
    edge = await world.edge("new-york", address(control, "store"));
  }, 180_000);
  afterAll(async () => {
    await edge?.close();
    await control?.close();
    await world?.close();
  });

  const good = () =>
    eventually(
      () => zoneOf(edge, GOOD),
      (zone) => zone === "us-east1",
      WAIT_MS,
    );

  it("are refused, reported, and cost nobody else anything", async () => {
    await good();
    const east = world.real.cluster("us-east1");
    const named = (name: string, namespace: string, more: object = {}) => ({ metadata: { name, namespace, ...more } });
    const ingress = (name: string, namespace: string, host: string, path = "/") => ({
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      ...named(name, namespace, { annotations: HOSTILE }),
      spec: {
        ingressClassName: "portolan",
        tls: [{ hosts: [host], secretName: "kube-root" }],
        rules: [
          {
            host,
            http: {
              paths: [
                { path, pathType: "ImplementationSpecific", backend: { service: { name, port: { number: 80 } } } },
              ],
            },
          },
        ],
      },
    });
    const slice = (name: string, namespace: string, ip: string) => ({
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      ...named(name, namespace, { labels: { "kubernetes.io/service-name": "shop" } }),
      addressType: "IPv4",
      ports: [{ port: 80, protocol: "TCP" }],
      endpoints: [{ addresses: [ip], conditions: { ready: true } }],
    });
    const service = (name: string, namespace: string, spec: object) => ({
      apiVersion: "v1",
      kind: "Service",
      ...named(name, namespace, { annotations: HOSTILE }),
      spec,
    });
    await create(east, [
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "evil", annotations: HOSTILE } },
      // The host of somebody else, from another namespace.
      service("shop", "evil", { ports: [{ port: 80, targetPort: 1 }] }),
      ingress("shop", "evil", GOOD, "/(.*)"),
      // A name that a tenant chose, and an address that a controller is said to have written.
      service("name", "evil", { type: "ExternalName", externalName: "metadata.google.internal" }),
      ingress("name", "evil", "name.example.org"),
      service("balancer", "evil", { type: "LoadBalancer", ports: [{ port: 80 }] }),
      ingress("balancer", "evil", "balancer.example.org"),
      // Addresses of a cloud's metadata service for the good Service, and a slice of another namespace for it.
      slice("shop-metadata", "default", "100.100.100.200"),
      slice("shop-elsewhere", "evil", "198.51.100.66"),
    ]);
    const written = await east.client.merge(`${collectionOf("Service", "evil")}/balancer/status`, {
      status: { loadBalancer: { ingress: [{ ip: "169.254.169.254" }] } },
    });
    expect(written).toMatchObject({ ok: true });
    const reported = await eventually(
      async () => (await statusOf(control)).problems.map(({ object, reason }) => `${object}: ${reason}`),
      (all) => all.some((one) => one === "Ingress evil/balancer: NoUsableAddress"),
      WAIT_MS,
    );
    expect(reported).toEqual(
      expect.arrayContaining([
        "Ingress evil/shop: HostConflict",
        "Ingress evil/name: BackendNotFound",
        "Ingress evil/balancer: NoUsableAddress",
        "EndpointSlice default/shop-metadata: ForbiddenAddress",
      ]),
    );
    // Every request of the good host goes to its own pods, again and again.
    for (let round = 0; round < 50; round++) expect(await zoneOf(edge, GOOD)).toBe("us-east1");
    for (const host of ["name.example.org", "balancer.example.org"])
      expect(await zoneOf(edge, host)).toMatch(/^50[23] /);
    const { snapshot, clusters } = await statusOf(control);
    expect(snapshot?.hosts).toBe(3);
    expect(clusters.map((one) => one.api)).toEqual(["reachable"]);
  }, 120_000);

  it("leave nothing behind when their namespace is deleted", async () => {
    const east = world.real.cluster("us-east1");
    await east.client.delete("/api/v1/namespaces/evil");
    await east.client.delete(`${collectionOf("EndpointSlice")}/shop-metadata`);
    await eventually(
      async () => (await statusOf(control)).snapshot?.hosts,
      (hosts) => hosts === 1,
      WAIT_MS,
    );
    await good();
    const { problems, withheld } = await statusOf(control);
    expect(problems.filter(({ object }) => object.includes("evil"))).toEqual([]);
    expect(withheld).toEqual([]);
  }, 60_000);
});
