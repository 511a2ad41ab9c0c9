/** A config cluster that is read like the members, and what nodes say, on real API servers. */
import { join } from "node:path";
import { mkdir, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Running } from "../../../src/cli/deps.ts";
import { apiReader } from "../../../src/kube/api-reader.ts";
import { customResourceDefinitions } from "../../../src/kube/schema/crd.ts";
import { yamlText } from "../../../src/kube/yaml-text.ts";
import { startControl } from "../../../workers/control.ts";
import { makeKeys } from "../../../workers/key-files.ts";
import { startStoreEdge } from "../../../workers/store-edge.ts";
import { storeEdgeOptions } from "../../build/store-edge.ts";
import { until } from "../../conformance/until.ts";
import { eventually } from "../../scenarios/until.ts";
import { collectionOf, create, manifests, startBackends } from "./backend.ts";
import { type RealClusters, startClusters, whyNoClusters } from "./clusters.ts";
import { type RunningProcess, start } from "./process.ts";
import { address, statusOf, zoneOf } from "./world.ts";

const why = await whyNoClusters();
const NODE_PORT = 30_090;
const WAIT_MS = 25_000;
const ON_NODE = `require("node:http").createServer((_, answer) => answer.end(JSON.stringify({ zone: "a node of east" }))).listen(${NODE_PORT}, process.argv[1])`;

describe.skipIf(why !== null)("a config cluster and two members", () => {
  let world: RealClusters;
  let control: Running;
  let edge: Running;
  const backends: RunningProcess[] = [];
  const apply = (yaml: string) => world.kubectl("config", ["apply", "--server-side", "-f", "-"], yaml);

  beforeAll(async () => {
    world = await startClusters(["config", "east", "west"]);
    await apply(yamlText(customResourceDefinitions()));
    await world.kubectl("config", ["wait", "--for=condition=Established", "--timeout=20s", "crd", "--all"]);
    const members = ["east", "west"].map(world.cluster);
    backends.push(...(await Promise.all(members.map(startBackends))));
    // The Service and its pods are in the members, the Ingress is in the config cluster alone.
    for (const one of members) await create(one, manifests("shop", one.data.addresses).slice(0, 2));
    const dir = join(world.folder, "control");
    await mkdir(dir);
    await makeKeys(join(dir, "keys"), "k1");
    await writeFile(join(dir, "keys", "edge-token"), "0123456789abcdef0123456789abcdef");
    const file = join(dir, "portolan.yaml");
    await writeFile(
      file,
      `apiVersion: portolan.dev/v1alpha1
kind: Control
metadata: { name: control }
spec:
  config: { context: config }
  kubeconfig: [${world.kubeconfig}]
  store: { file: state }
  signingKey: keys/signing.jwk
  serve: { listen: "127.0.0.1:0", tokenFile: keys/edge-token }
  admin: "127.0.0.1:0"
  allowPrivateOrigins: true
`,
    );
    control = await startControl({ file }, { out: () => undefined, err: () => undefined });
    const options = storeEdgeOptions(join(dir, "keys"), {
      store: address(control, "store"),
      name: "here",
      tokenFile: join(dir, "keys", "edge-token"),
      location: { latitude: 40, longitude: -74 },
    });
    edge = await startStoreEdge(options, { out: () => undefined, err: () => undefined }, { probeIntervalMs: 500 });
  }, 180_000);
  afterAll(async () => {
    await edge?.close();
    await control?.close();
    await Promise.all(backends.map((one) => one.kill()));
    await world?.close();
  });

  const zone = (name: string, holds: (answer: string) => boolean) =>
    eventually(() => zoneOf(edge, `${name}.example.org`), holds, WAIT_MS);

  it("a federated Ingress goes to every member that has the Service, and goes when it is deleted there", async () => {
    const place = (name: string, longitude: number) =>
      `apiVersion: portolan.dev/v1alpha1\nkind: Cluster\nmetadata: { name: ${name} }\nspec: { location: { latitude: 40, longitude: ${longitude} }, access: { context: ${name} } }\n`;
    await apply(`${place("east", -70)}---\n${place("west", -120)}`);
    const [, , ingress] = manifests("shop", []);
    await create(world.cluster("config"), [{ ...ingress }]);
    await zone("shop", (answer) => answer === "east");
    // East has no Service of that name any more: the same Ingress leads to west.
    await world.kubectl("east", ["delete", "service", "shop"]);
    await zone("shop", (answer) => answer === "west");
    await create(world.cluster("east"), manifests("shop", world.cluster("east").data.addresses).slice(0, 1));
    await zone("shop", (answer) => answer === "east");
    await world.kubectl("config", ["delete", "ingress", "shop"]);
    await zone("shop", (answer) => answer.startsWith("404"));
    await create(world.cluster("config"), [{ ...ingress }]);
    await zone("shop", (answer) => answer === "east");
  }, 120_000);

  it("a Service of type NodePort is reached at the nodes that are ready and have an external address", async () => {
    const east = world.cluster("east");
    const [nodeAddress = ""] = east.data.addresses;
    backends.push(await start(...east.network.inside(process.execPath, ["-e", ON_NODE, nodeAddress])));
    const made = await east.client.create("/api/v1/nodes", {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: "n1", labels: { "topology.kubernetes.io/region": "east" } },
      spec: { providerID: "test:///n1" },
    });
    expect(made).toMatchObject({ ok: true });
    const say = (ready: string) =>
      world.kubectl("east", [
        "patch",
        "node",
        "n1",
        "--subresource=status",
        "--type=merge",
        "-p",
        JSON.stringify({
          status: {
            addresses: [{ type: "ExternalIP", address: nodeAddress }],
            conditions: [
              {
                type: "Ready",
                status: ready,
                reason: "Test",
                lastHeartbeatTime: new Date().toISOString().slice(0, 19) + "Z",
              },
            ],
          },
        }),
      ]);
    await say("True");
    const path = `${collectionOf("Service")}/shop`;
    expect(
      await east.client.merge(path, {
        spec: { type: "NodePort", ports: [{ port: 80, targetPort: 9090, nodePort: NODE_PORT }] },
      }),
    ).toMatchObject({ ok: true });
    await zone("shop", (answer) => answer === "a node of east");
    // Without a ready node it goes to the pods again, which private origins allow here.
    await say("False");
    await zone("shop", (answer) => answer === "east");
    const { problems, clusters } = await statusOf(control);
    expect(problems.filter(({ object }) => object.includes("Node"))).toEqual([]);
    expect(clusters.map((one) => one.api)).toEqual(["reachable", "reachable"]);
  }, 120_000);

  it("without the right to read nodes and namespaces a cluster is read completely all the same", async () => {
    const east = world.cluster("east");
    const rbac = "rbac.authorization.k8s.io";
    const READ = ["get", "list", "watch"];
    const rules = [
      { apiGroups: [""], resources: ["services"], verbs: READ },
      { apiGroups: ["networking.k8s.io"], resources: ["ingresses", "ingressclasses"], verbs: READ },
      { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: READ },
    ];
    const roleRef = { kind: "ClusterRole", name: "few", apiGroup: rbac };
    const subjects = [{ kind: "User", name: "few", apiGroup: rbac }];
    const named = { apiVersion: `${rbac}/v1`, metadata: { name: "few" } };
    await create(east, [
      { ...named, kind: "ClusterRole", rules },
      { ...named, kind: "ClusterRoleBinding", roleRef, subjects },
    ]);
    const access = { ...east.access, headers: { "impersonate-user": "few" }, cluster: "east" };
    const reader = apiReader(access, { backoff: { baseMs: 100, capMs: 1_000 } });
    try {
      await reader.start();
      const seen = await until(reader, ({ reachable, complete }) => reachable && complete, WAIT_MS);
      expect(seen.objects.nodes).toEqual([]);
      expect(seen.objects.services.length).toBeGreaterThan(0);
    } finally {
      await reader.close();
    }
  }, 60_000);
});
