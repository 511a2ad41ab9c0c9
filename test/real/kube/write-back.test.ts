import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startControl } from "../../../workers/control.ts";
import type { Running } from "../../../src/cli/deps.ts";
import { customResourceDefinitions } from "../../../src/kube/schema/crd.ts";
import { yamlText } from "../../../src/kube/yaml-text.ts";
import { releaseStatuses } from "../../../src/kube/write-back.ts";
import { apiClient } from "../../../src/kube/api-client.ts";
import { eventually } from "../../scenarios/until.ts";
import { type RealClusters, startClusters, whyNoClusters } from "./clusters.ts";
import { type Operator, operator, writeControl } from "./operator.ts";

const why = await whyNoClusters();
const CLASSES = ["portolan.dev/edge", "k8s.io/ingress-nginx"].map((controller, index) => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "IngressClass",
  metadata: { name: index === 0 ? "portolan" : "nginx" },
  spec: { controller },
}));
const service = { apiVersion: "v1", kind: "Service", metadata: { name: "web" }, spec: { ports: [{ port: 80 }] } };
const ingress = (name: string, className: string, host = `${name}.example.org`, annotations = {}) => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "Ingress",
  metadata: { name, annotations },
  spec: {
    ingressClassName: className,
    rules: [
      {
        host,
        http: {
          paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "web", port: { number: 80 } } } }],
        },
      },
    ],
  },
});

describe.skipIf(why !== null)("writing back into real clusters", () => {
  let world: RealClusters;
  let person: Operator;
  let control: Running | null = null;
  const said: string[] = [];
  const apply = (objects: readonly object[], ...more: readonly string[]) =>
    world.kubectl(
      "us",
      ["apply", "-f", "-", ...more],
      JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }),
    );
  const get = async (path: string) => {
    const answer = await world.cluster("us").client.get(path);
    return answer.ok ? JSON.stringify(answer.object) : answer.cause;
  };
  const path = (name: string) => `/apis/networking.k8s.io/v1/namespaces/default/ingresses/${name}`;
  const otherStatus = (name: string, manager: string) =>
    world.kubectl(
      "us",
      ["apply", "--server-side", `--field-manager=${manager}`, "--subresource=status", "-f", "-"],
      JSON.stringify({
        apiVersion: "networking.k8s.io/v1",
        kind: "Ingress",
        metadata: { name, namespace: "default" },
        status: { loadBalancer: { ingress: [{ ip: "192.0.2.9" }] } },
      }),
    );
  const events = async (name: string) => {
    const found = await world.cluster("us").client.list("/apis/events.k8s.io/v1/namespaces/default/events");
    const all = found.ok ? found.items : [];
    return all
      .filter((one) => JSON.stringify(one["regarding"]).includes(`"name":"${name}"`))
      .map((one) => one["reason"]);
  };

  beforeAll(async () => {
    world = await startClusters(["us"]);
    person = await operator(world);
    await world.kubectl("us", ["apply", "--server-side", "-f", "-"], yamlText(customResourceDefinitions()));
    await apply([...CLASSES, service, ingress("shop", "portolan"), ingress("taken", "portolan")]);
    await apply([
      ingress("foreign", "nginx"),
      ingress("adopted", "nginx", "adopted.example.org", { "portolan.dev/adopt": "true" }),
    ]);
    await otherStatus("taken", "somebody");
    await otherStatus("adopted", "nginx");
    await otherStatus("foreign", "nginx");
    // The cluster is its own config cluster: federated objects and Cluster objects live in it.
    const cluster = {
      provider: "gcp",
      region: "us-east1",
      access: { context: "us" },
      gateway: { connectHost: "us.origin.example.org" },
    };
    await eventually(
      () =>
        apply([
          { apiVersion: "portolan.dev/v1alpha1", kind: "Cluster", metadata: { name: "us" }, spec: cluster },
        ]).catch(() => ""),
      (text) => text.includes("us"),
    );
    await person.run("keys", person.file(".portolan"));
    await writeControl(
      person,
      `  config: { context: us }\n  writeBack: true\n  interval: 100ms\n  edgeAddresses: [edge.example.org]\n`,
    );
    const { writeFile, readFile } = await import("node:fs/promises");
    const text = await readFile(person.file("portolan.yaml"), "utf8");
    await writeFile(person.file("portolan.yaml"), text.replace(".portolan/clusters.kubeconfig", world.kubeconfig));
  }, 120_000);
  afterAll(async () => {
    await control?.close();
    await person.close();
    await world.close();
  });

  it("fills ADDRESS, takes a conflict for an answer, and leaves everybody else's objects as they are, byte for byte", async () => {
    const before = {
      foreign: await get(path("foreign")),
      adopted: await get(path("adopted")),
      service: await get("/api/v1/namespaces/default/services/web"),
    };
    control = await startControl(
      { file: person.file("portolan.yaml") },
      { out: () => undefined, err: (text) => void said.push(text) },
    );
    const shown = await eventually(
      () => world.kubectl("us", ["get", "ingress", "shop"]),
      (text) => text.includes("edge.example.org"),
      20_000,
    );
    expect(shown).toMatch(/shop +portolan +shop\.example\.org +edge\.example\.org +80/);
    expect(
      await eventually(
        () => events("taken"),
        (all) => all.length > 0,
      ),
    ).toEqual(["StatusConflict"]);
    const conflicting = await get(path("taken"));
    expect(conflicting).toContain("192.0.2.9");
    expect(conflicting).not.toContain("edge.example.org");
    // Ten loops and more.
    const settled = await get(path("shop"));
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(await get(path("shop"))).toBe(settled);
    expect(await get(path("taken"))).toBe(conflicting);
    expect(await events("taken")).toEqual(["StatusConflict"]);
    expect({
      foreign: await get(path("foreign")),
      adopted: await get(path("adopted")),
      service: await get("/api/v1/namespaces/default/services/web"),
    }).toEqual(before);
    expect(said.join("")).not.toContain("Cannot write");
  }, 60_000);

  it("sets conditions on our own objects, which kubectl shows as columns", async () => {
    const shown = await eventually(
      () => world.kubectl("us", ["get", "clusters.portolan.dev", "us"]),
      (text) => text.includes("reachable"),
      20_000,
    );
    expect(shown.split("\n")[1]).toMatch(/^us +us-east1 +reachable +\S+ +0\/0 /);
    await world.kubectl("us", ["wait", "clusters.portolan.dev/us", "--for=condition=APIReachable", "--timeout=10s"]);
    const status = await get("/apis/portolan.dev/v1alpha1/clusters/us");
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await get("/apis/portolan.dev/v1alpha1/clusters/us")).toBe(status);
  }, 60_000);

  it("tells the loser of a host by an Event, and gives its own status up", async () => {
    await world.kubectl("us", ["create", "namespace", "other"]);
    const thief = {
      ...ingress("thief", "portolan", "shop.example.org"),
      metadata: { name: "thief", namespace: "other" },
    };
    await apply([thief]);
    const reasons = async () => {
      const found = await world.cluster("us").client.list("/apis/events.k8s.io/v1/namespaces/other/events");
      return found.ok ? found.items.map((one) => one["reason"]) : [];
    };
    expect(await eventually(reasons, (all) => all.length > 0)).toContain("HostConflict");
    expect(await get("/apis/networking.k8s.io/v1/namespaces/other/ingresses/thief")).not.toContain("edge.example.org");
    await control?.close();
    control = null;
    const client = apiClient(world.cluster("us").access);
    expect(await releaseStatuses(client)).toEqual([path("shop")]);
    await client.close();
    expect(await get(path("shop"))).not.toContain("edge.example.org");
    expect(await get(path("taken"))).toContain("192.0.2.9");
  }, 60_000);
});
