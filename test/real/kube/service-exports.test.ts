/** Headless Services exported by the Multi-Cluster Services API from real clusters, with the real EndpointSlice controller. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Running } from "../../../src/cli/deps.ts";
import { startControl } from "../../../workers/control.ts";
import { makeKeys } from "../../../workers/key-files.ts";
import { eventually } from "../../scenarios/until.ts";
import { type RealClusters, startClusters, whyNoClusters } from "./clusters.ts";

const why = await whyNoClusters();
const NAMES = ["fra", "vie"] as const;
const BASE = "db.default.svc.clusterset.local";

/** As the Multi-Cluster Services API defines it, less its descriptions. */
const CRD = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: {
    name: "serviceexports.multicluster.x-k8s.io",
    annotations: { "api-approved.kubernetes.io": "https://github.com/kubernetes/enhancements/pull/1646" },
  },
  spec: {
    group: "multicluster.x-k8s.io",
    scope: "Namespaced",
    names: { plural: "serviceexports", singular: "serviceexport", kind: "ServiceExport", shortNames: ["svcex"] },
    versions: [
      {
        name: "v1alpha1",
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: { status: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
          },
        },
      },
    ],
  },
};
const EXPORT = { apiVersion: "multicluster.x-k8s.io/v1alpha1", kind: "ServiceExport", metadata: { name: "db" } };
const ports = [{ name: "sql", port: 5432 }];
const SERVICE = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "db" },
  spec: { clusterIP: "None", selector: { app: "db" }, ports },
};
const NODE = { apiVersion: "v1", kind: "Node", metadata: { name: "n1" } };

function pod(index: number): object {
  const containers = [{ name: "db", image: "db", ports: [{ containerPort: 5432 }] }];
  const metadata = { name: `db-${index}`, labels: { app: "db" } };
  const spec = { hostname: `db-${index}`, subdomain: "db", nodeName: "n1", containers };
  return { apiVersion: "v1", kind: "Pod", metadata, spec };
}

describe.skipIf(why !== null)("exported Services of real clusters", () => {
  let world: RealClusters;
  let control: Running | null = null;
  let dir = "";
  const apply = (cluster: string, ...items: readonly object[]) =>
    world.kubectl(cluster, ["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items }));
  const setReady = async (cluster: string, name: string, address: string, isReady: boolean) => {
    const condition = { type: "Ready", status: isReady ? "True" : "False" };
    const status = { phase: "Running", podIP: address, podIPs: [{ ip: address }], conditions: [condition] };
    const patch = JSON.stringify({ status });
    await world.kubectl(cluster, ["patch", "pod", name, "--subresource=status", "--type=merge", "-p", patch]);
  };
  const zone = async (): Promise<readonly string[]> => {
    const text = await readFile(join(dir, "zones", "clusterset.local.private.json"), "utf8").catch(() => "");
    const found = text.matchAll(/"name":\s*"([^"]+)",\s*"type":\s*"(A|SRV)",[^[]*"values":\s*\[([^\]]*)\]/g);
    return [...found].map(([, name, type, values = ""]) => `${name} ${type} ${values.replaceAll(/["\s]/g, "")}`).sort();
  };

  beforeAll(async () => {
    world = await startClusters(NAMES);
    dir = join(world.folder, "control");
    await mkdir(dir);
    await makeKeys(join(dir, "keys"), "k1");
    const clusters = NAMES.map(
      (name) =>
        `---\napiVersion: portolan.dev/v1alpha1\nkind: Cluster\nmetadata: { name: ${name} }\nspec: { provider: gcp, region: europe-west1, access: { context: ${name} } }\n`,
    );
    await writeFile(
      join(dir, "portolan.yaml"),
      `apiVersion: portolan.dev/v1alpha1
kind: Control
metadata: { name: test }
spec:
  kubeconfig: [${world.kubeconfig}]
  store: { file: state }
  signingKey: keys/signing.jwk
  admin: 127.0.0.1:0
  interval: 100ms
  dns:
    owner: east
    zones: [{ name: clusterset.local, visibility: private, provider: { type: file, path: zones } }]
${clusters.join("")}`,
    );
    for (const [index, name] of NAMES.entries()) {
      await apply(name, NODE, SERVICE, pod(0), pod(1));
      for (const at of [0, 1]) await setReady(name, `db-${at}`, `10.${index}.0.${at + 1}`, true);
    }
  }, 120_000);
  afterAll(async () => {
    await control?.close();
    await world.close();
  });

  it("names pods when the API comes, follows them, and takes them back with the export", async () => {
    const said: string[] = [];
    control = await startControl(
      { file: join(dir, "portolan.yaml") },
      { out: () => undefined, err: (text) => void said.push(text) },
    );
    // No cluster has the API yet: all are read completely.
    const admin = /^admin +(\S+)$/m.exec(control.banner.join("\n"))?.[1] ?? "";
    await eventually(
      async () => await (await fetch(`${admin}/status`)).text(),
      (text) => (text.match(/"api":\s*"reachable"/g) ?? []).length === NAMES.length,
    );
    for (const name of NAMES) {
      await apply(name, CRD);
      await world.kubectl(name, ["wait", "--for=condition=Established", `crd/${CRD.metadata.name}`]);
      await apply(name, EXPORT);
    }
    const all = [
      `_sql._tcp.${BASE} SRV 01005432db-0.fra.${BASE},01005432db-0.vie.${BASE},01005432db-1.fra.${BASE},01005432db-1.vie.${BASE}`,
      `db-0.fra.${BASE} A 10.0.0.1`,
      `db-0.vie.${BASE} A 10.1.0.1`,
      `db-1.fra.${BASE} A 10.0.0.2`,
      `db-1.vie.${BASE} A 10.1.0.2`,
      `${BASE} A 10.0.0.1,10.0.0.2,10.1.0.1,10.1.0.2`,
    ];
    expect(await eventually(zone, (lines) => lines.length === all.length, 60_000)).toEqual(all);
    await setReady("fra", "db-1", "10.0.0.2", false);
    const fewer = await eventually(zone, (lines) => lines.length === all.length - 1, 30_000);
    expect(fewer).toContain(`${BASE} A 10.0.0.1,10.1.0.1,10.1.0.2`);
    // A cluster whose API is away keeps its pods, one whose export is deleted loses them.
    await world.cluster("vie").killApi();
    await world.kubectl("fra", ["delete", "serviceexport", "db"]);
    const last = await eventually(zone, (lines) => lines.every((line) => !line.includes(".fra.")), 30_000);
    expect(last).toContain(`${BASE} A 10.1.0.1,10.1.0.2`);
    expect(last).toContain(`db-0.vie.${BASE} A 10.1.0.1`);
  }, 150_000);
});
