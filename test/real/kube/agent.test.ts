import { mkdir, rename, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Running } from "../../../src/cli/deps.ts";
import type { ClusterItem } from "../../../src/core/listing/resource.ts";
import { startAgent } from "../../../workers/agent.ts";
import { startControl } from "../../../workers/control.ts";
import { eventually } from "../../scenarios/until.ts";
import { type RealClusters, startClusters, whyNoClusters } from "./clusters.ts";
import { type Operator, operator } from "./operator.ts";

const why = await whyNoClusters();
const silent = { out: () => undefined, err: () => undefined };

describe.skipIf(why !== null)("an agent in a real cluster", () => {
  let world: RealClusters;
  let person: Operator;
  let control: Running | null = null;
  let agent: Running | null = null;
  beforeAll(async () => {
    world = await startClusters(["fra"]);
    person = await operator(world);
    await person.run("keys", person.file("control"));
    await person.run("keys", person.file("fra"), "--id", "fra");
    // A key folder is no folder of manifests.
    await mkdir(person.file(".keys"));
    for (const folder of ["control", "fra"]) await rename(person.file(folder), person.file(`.keys/${folder}`));
    await writeFile(
      person.file("portolan.yaml"),
      `apiVersion: portolan.dev/v1alpha1
kind: Control
metadata: { name: p }
spec:
  store: { file: .state }
  signingKey: .keys/control/signing.jwk
  admin: 127.0.0.1:0
  interval: 100ms
  agents: { listen: "127.0.0.1:0", publicKeys: .keys/fra/public-keys.json }
---
apiVersion: portolan.dev/v1alpha1
kind: Cluster
metadata: { name: fra }
spec: { provider: gcp, region: europe-west3, access: { agent: true }, gateway: { connectHost: fra.example.org } }
`,
    );
  }, 120_000);
  afterAll(async () => {
    await agent?.close();
    await control?.close();
    await person.close();
    await world.close();
  });

  const at = (what: string) => new RegExp(`${what} +(\\S+)`).exec(control?.banner.join("\n") ?? "")?.[1] ?? "";
  const get = async <T>(resource: string): Promise<readonly T[]> => {
    const response = await fetch(`${at("admin")}/resources/${resource}`);
    return ((await response.json()) as { items: readonly T[] }).items;
  };
  const status = async () => (await get<ClusterItem>("clusters"))[0]?.status ?? null;
  const apply = (objects: readonly object[]) =>
    world.kubectl("fra", ["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));

  it("brings the cluster's routes, follows its changes, and tells API and backends apart", async () => {
    await apply([
      {
        apiVersion: "networking.k8s.io/v1",
        kind: "IngressClass",
        metadata: { name: "portolan" },
        spec: { controller: "portolan.dev/edge" },
      },
      { apiVersion: "v1", kind: "Service", metadata: { name: "web" }, spec: { ports: [{ port: 80 }] } },
      {
        apiVersion: "networking.k8s.io/v1",
        kind: "Ingress",
        metadata: { name: "web" },
        spec: { ingressClassName: "portolan", defaultBackend: { service: { name: "web", port: { number: 80 } } } },
      },
    ]);
    control = await startControl({ file: person.file("portolan.yaml") }, silent);
    const options = {
      cluster: "fra",
      to: at("agents"),
      key: person.file(".keys/fra/signing.jwk"),
      ca: null,
      context: "fra",
      kubeconfig: world.kubeconfig,
      heartbeatMs: 500,
    };
    agent = await startAgent(options, silent);
    await eventually(
      () => get<object>("ingresses"),
      (all) => all.length === 1,
    );
    expect(await status()).toMatchObject({ api: "reachable" });

    // A second Ingress arrives soon after its creation, and so does its end.
    const extra = (
      await world.kubectl("fra", ["create", "ingress", "more", "--class=portolan", "--rule=more.example.org/*=web:80"])
    ).trim();
    expect(extra).toContain("created");
    await eventually(
      () => get<object>("ingresses"),
      (all) => all.length === 2,
      2000,
    );
    await world.kubectl("fra", ["delete", "ingress", "more"]);
    await eventually(
      () => get<object>("ingresses"),
      (all) => all.length === 1,
      2000,
    );

    // The agent's own API goes away: it says so, and what is routed stays.
    await world.cluster("fra").api.blackhole(true);
    const cut = await eventually(status, (one) => one?.api === "unreachable", 60_000);
    expect(cut?.apiCause).toMatch(/\/readyz: |no answer/);
    expect(await get<object>("ingresses")).toHaveLength(1);
    await world.cluster("fra").api.blackhole(false);
    await eventually(status, (one) => one?.api === "reachable", 60_000);

    // The agent itself goes: silence.
    await agent.close();
    agent = null;
    const alone = await eventually(status, (one) => one?.api === "unreachable", 30_000);
    expect(alone?.apiCause).toContain("its agent is silent since");
    expect(await get<object>("ingresses")).toHaveLength(1);
  }, 180_000);
});
