/** What `cloudflare-quickstart` uploads, on the real workerd with its KV, fed by control as Cloudflare's API lets it. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { bundleEdge } from "../../scripts/bundle.ts";
import { type SimCluster, startSimCluster } from "../../src/cli/sim/cluster.ts";
import { parseManifests } from "../../src/kube/yaml.ts";
import { startControl } from "../../workers/control.ts";
import { makeKeys } from "../../workers/key-files.ts";
import { type Closing, temporaryFolder } from "../build/files-edge.ts";
import { startWorkerd } from "../edge/workerd.ts";
import { ACCOUNT, NAMESPACE } from "../store/kv/cloudflare.ts";
import { type KvServer, startKvServer, TOKEN } from "../store/kv/server.ts";
import { ask } from "./ask.ts";
import { eventually } from "./until.ts";

const MODULE = new URL("../../terraform/modules/cloudflare-edge/main.tf", import.meta.url);

const SERVICE = `apiVersion: v1
kind: Service
metadata: { name: shop, namespace: default }
spec: { selector: { app: shop }, ports: [{ port: 80, targetPort: 8080 }] }
`;
const INGRESS = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop, namespace: default }
spec:
  rules:
    - host: shop.example.org
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: shop, port: { number: 80 } } } }] }
`;
const REGIONS = { eu: "europe-west3", us: "us-east1", asia: "asia-northeast1" } as const;
type Name = keyof typeof REGIONS;
const NAMES = ["eu", "us", "asia"] as const satisfies readonly Name[];

const closing: Closing = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface World {
  readonly dir: string;
  readonly kv: KvServer;
  readonly clusters: ReadonlyMap<string, SimCluster>;
  readonly said: string[];
}

/** Three clusters, and control that pushes to the namespace. */
async function world(): Promise<World> {
  const dir = await temporaryFolder(closing);
  const kv = await startKvServer("cloudflare");
  closing.push(kv.close);
  const clock = setInterval(() => (kv.nowMs = performance.now()), 10);
  closing.push(async () => clearInterval(clock));
  const manifests = parseManifests(SERVICE, "service").documents.map(({ value }) => value);
  const clusters = new Map<string, SimCluster>();
  for (const name of NAMES) {
    const cluster = await startSimCluster({ name, zone: `${name}-a`, backends: 1, manifests });
    clusters.set(name, cluster);
    closing.push(() => cluster.close());
  }
  await makeKeys(join(dir, "keys"), "k1");
  await writeFile(join(dir, "keys", "kv-token"), TOKEN);
  const push = `{ workersKv: { account: ${ACCOUNT}, namespace: ${NAMESPACE} }, tokenFile: keys/kv-token, endpoint: "${kv.url}", interval: 1s }`;
  const spec = `kubeconfig: [clusters.kubeconfig], store: { file: state }, signingKey: keys/signing.jwk, allowPrivateOrigins: true, interval: 500ms, admin: "127.0.0.1:0", push: [${push}]`;
  const objects = [
    `apiVersion: portolan.dev/v1alpha1\nkind: Control\nmetadata: { name: control }\nspec: { ${spec} }\n`,
    ...NAMES.map(
      (name) =>
        `apiVersion: portolan.dev/v1alpha1\nkind: Cluster\nmetadata: { name: ${name} }\nspec: { provider: gcp, region: ${REGIONS[name]}, access: { context: ${name} } }\n`,
    ),
    INGRESS,
  ];
  await writeFile(join(dir, "portolan.yaml"), objects.join("---\n"));
  const contexts = {
    clusters: NAMES.map((name) => ({ name, cluster: { server: clusters.get(name)?.addresses.apiUrl } })),
    contexts: NAMES.map((name) => ({ name, context: { cluster: name } })),
  };
  await writeFile(join(dir, "clusters.kubeconfig"), JSON.stringify(contexts));
  return { dir, kv, clusters, said: [] };
}

/** The Worker with the bindings that Terraform gives it; the others are for a workerd of one's own. */
async function worker({ dir, kv }: World) {
  const { modules } = await bundleEdge("cloudflare");
  const edge = await startWorkerd({
    modules,
    kv: kv.url,
    bindings: {
      AUDIENCE: "portolan",
      POLL_SECONDS: "0.2",
      PUBLIC_KEYS: JSON.parse(await readFile(join(dir, "keys", "public-keys.json"), "utf8")) as unknown,
      PLATFORM: "workerd",
      ALLOW_PRIVATE_ORIGINS: "true",
      EDGE_NAME: "quickstart",
      LOCATION: "50.1,8.7",
    },
  });
  closing.push(edge.close);
  return edge;
}

const zone = (answer: string) => /^200 .*"zone":"([^"]*)"/.exec(answer)?.[1] ?? answer;

describe("cloudflare-quickstart", () => {
  it("serves from what control pushed to KV, and goes on when a cluster is killed", async () => {
    const made = await world();
    const control = await startControl(
      { file: join(made.dir, "portolan.yaml") },
      { out: () => undefined, err: (text) => void made.said.push(text) },
    );
    closing.push(control.close);
    await eventually(
      async () => [...made.kv.values.keys()],
      (keys) => keys.includes("manifest") && keys.includes("overlay"),
    );
    // Slices came before the manifest, all of them in one call.
    const writes = made.kv.asked.filter((one) => one.startsWith("PUT"));
    expect(writes.slice(0, 2)).toEqual(["PUT bulk", "PUT values/manifest"]);

    const edge = await worker(made);
    await eventually(
      () => ask(edge.url, "shop.example.org"),
      (answer) => zone(answer) === "eu-a",
    );
    const admin = /^admin +(http\S+)$/m.exec(control.banner.join("\n"))?.[1] ?? "";
    await eventually(
      async () => ((await (await fetch(`${admin}/status`)).json()) as { edges: { edge: string }[] }).edges,
      (edges) => edges[0]?.edge === "quickstart",
      20_000,
    );

    await made.clusters.get("eu")?.close();
    const answers: string[] = [];
    for (let index = 0; index < 50; index += 1) answers.push(zone(await ask(edge.url, "shop.example.org")));
    expect(new Set(answers)).toEqual(new Set(["us-a"]));

    // Control may go as well: an edge needs nothing but its last snapshot.
    await control.close();
    await made.kv.close();
    expect(zone(await ask(edge.url, "shop.example.org"))).toBe("us-a");
    expect(made.said.filter((line) => line.includes("Cannot push"))).toEqual([]);
  }, 60_000);

  it("is started by these tests as Terraform deploys it", async () => {
    const text = await readFile(MODULE, "utf8");
    expect(text).toContain('compatibility_date  = "2026-08-01"');
    expect(text).toContain('compatibility_flags = ["enable_request_signal"]');
    const bound = text.slice(
      text.indexOf("plain_bindings"),
      text.indexOf('resource "cloudflare_workers_kv_namespace"'),
    );
    for (const name of ["AUDIENCE", "POLL_SECONDS", "PUBLIC_KEYS"]) expect(bound).toContain(name);
    expect(text).toMatch(/name\s+= "SNAPSHOTS"/);
  });
});
