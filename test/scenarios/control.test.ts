import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { Resolver } from "node:dns/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Running, StoreEdgeOptions } from "../../src/cli/deps.ts";
import { type SimCluster, startSimCluster } from "../../src/cli/sim/cluster.ts";
import { parseManifests } from "../../src/kube/yaml.ts";
import { startControl } from "../../workers/control.ts";
import { makeKeys } from "../../workers/key-files.ts";
import { startNameServer } from "../../workers/name-server.ts";
import { startStoreEdge } from "../../workers/store-edge.ts";
import { syncOnce } from "../../workers/sync.ts";
import { type Closing, temporaryFolder } from "../build/files-edge.ts";
import { storeEdgeOptions } from "../build/store-edge.ts";
import { ask } from "./ask.ts";
import { eventually } from "./until.ts";

const closing: Closing = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

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
const TOKEN = "0123456789abcdef0123456789abcdef";

async function simCluster(name: string, apiPort?: number): Promise<SimCluster> {
  const manifests = parseManifests(SERVICE, name).documents.map(({ value }) => value);
  const cluster = await startSimCluster({
    name,
    zone: `${name}-a`,
    backends: 1,
    manifests,
    ...(apiPort === undefined ? {} : { apiPort }),
  });
  closing.push(cluster.close);
  return cluster;
}

const clusterYaml = (name: string, region: string) =>
  `apiVersion: portolan.dev/v1alpha1\nkind: Cluster\nmetadata: { name: ${name} }\nspec: { provider: gcp, region: ${region}, access: { context: ${name} } }\n`;

interface World {
  readonly dir: string;
  readonly file: string;
  readonly clusters: ReadonlyMap<string, SimCluster>;
  readonly said: string[];
  kubeconfig(clusters: readonly string[]): Promise<void>;
}

/** Two pretended clusters, their contexts, and a `portolan.yaml` with `more` in its spec. */
async function world(more = ""): Promise<World> {
  const dir = await temporaryFolder(closing);
  const clusters = new Map([
    ["us", await simCluster("us")],
    ["eu", await simCluster("eu")],
  ]);
  await makeKeys(join(dir, "keys"), "k1");
  await writeFile(join(dir, "keys", "edge-token"), TOKEN);
  const spec = `kubeconfig: [clusters.kubeconfig], store: { file: state }, signingKey: keys/signing.jwk, allowPrivateOrigins: true${more}`;
  const control = `apiVersion: portolan.dev/v1alpha1\nkind: Control\nmetadata: { name: control }\nspec: { ${spec} }\n`;
  const file = join(dir, "portolan.yaml");
  await writeFile(
    file,
    [control, clusterYaml("us", "us-east1"), clusterYaml("eu", "europe-west1"), INGRESS].join("---\n"),
  );
  const kubeconfig = (names: readonly string[]) =>
    writeFile(
      join(dir, "clusters.kubeconfig"),
      JSON.stringify({
        clusters: names.map((name) => ({ name, cluster: { server: clusters.get(name)?.addresses.apiUrl } })),
        contexts: names.map((name) => ({ name, context: { cluster: name } })),
      }),
    );
  await kubeconfig(["us", "eu"]);
  return { dir, file, clusters, said: [], kubeconfig };
}

async function control({ file, said }: World): Promise<Running> {
  const running = await startControl({ file }, { out: () => undefined, err: (text) => void said.push(text) });
  closing.push(running.close);
  return running;
}

function address(running: Running, word: string): string {
  return new RegExp(`^${word} +(http\\S+)$`, "m").exec(running.banner.join("\n"))?.[1] ?? "";
}

async function storeEdge(
  { dir }: World,
  store: StoreEdgeOptions["store"],
  more: Partial<StoreEdgeOptions> = {},
): Promise<Running> {
  const options = storeEdgeOptions(join(dir, "keys"), { store, ...more });
  const edge = await startStoreEdge(options, { out: () => undefined, err: () => undefined });
  closing.push(edge.close);
  return edge;
}

const SERVE = ', serve: { listen: "127.0.0.1:0", tokenFile: keys/edge-token }, admin: "127.0.0.1:0"';
const zone = (answer: string) => /"zone":"([^"]*)"/.exec(answer)?.[1] ?? answer;

describe("portolan control", () => {
  it("reads clusters by their contexts and publishes for an edge, which follows and reports", async () => {
    const made = await world(SERVE);
    const running = await control(made);
    const edge = await storeEdge(made, address(running, "store"), { tokenFile: join(made.dir, "keys", "edge-token") });
    const url = address(edge, "edge");
    await eventually(
      () => ask(url, "shop.example.org"),
      (answer) => zone(answer) === "eu-a",
    );

    const admin = address(running, "admin");
    expect(await (await fetch(`${admin}/readyz`)).text()).toBe("ok\n");
    expect(await (await fetch(`${admin}/metrics`)).text()).toMatch(
      /^portolan_control_cluster_api_reachable\{cluster="eu"\} 1$/m,
    );
    await eventually(
      async () => ((await (await fetch(`${admin}/status`)).json()) as { edges: { edge: string }[] }).edges,
      (edges) => edges.length === 1 && edges[0]?.edge === "edge-1",
    );

    // A rule that comes and an endpoint that goes reach the edge at once.
    await writeFile(
      join(made.dir, "more.yaml"),
      INGRESS.replace("name: shop,", "name: more,").replace("shop.example", "more.example"),
    );
    await eventually(
      () => ask(url, "more.example.org"),
      (answer) => zone(answer) === "eu-a",
    );
  });

  it("publishes for a name server, which answers for its zone and reports", async () => {
    const made = await world(SERVE);
    const running = await control(made);
    const names = await startNameServer(
      {
        from: {
          store: address(running, "store"),
          name: "names-1",
          publicKeys: join(made.dir, "keys", "public-keys.json"),
          audience: "portolan",
          tokenFile: join(made.dir, "keys", "edge-token"),
          cache: null,
        },
        listen: [{ host: "127.0.0.1", port: 0 }],
        reusePort: false,
        oneByOne: false,
        admin: { host: "127.0.0.1", port: 0 },
        zones: ["example.org"],
        nameServers: [{ name: "ns.example.org", addresses: ["127.0.0.1"] }],
        edges: [],
        edgePort: 443,
        geoip: null,
        ttl: 30,
        federation: null,
        originSuffix: null,
        rateLimit: 0,
        probeIntervalMs: null,
        allowPrivateOrigins: true,
      },
      { out: () => undefined, err: (text) => void made.said.push(text) },
    );
    closing.push(names.close);
    const resolver = new Resolver();
    resolver.setServers([/^dns +(\S+) /.exec(names.banner[0] ?? "")?.[1] ?? ""]);
    expect(await resolver.resolve4("shop.example.org")).toEqual(["127.0.0.1"]);
    expect((await resolver.resolveSoa("example.org")).nsname).toBe("ns.example.org");
    await expect(resolver.resolve4("nothing.example.org")).rejects.toThrow("ENOTFOUND");
    expect(await (await fetch(`${address(names, "admin")}/metrics`)).text()).toContain('{rcode="NXDOMAIN"} 1');
    expect(await (await fetch(`${address(names, "admin")}/readyz`)).text()).toBe("ok\n");
    await eventually(
      async () =>
        ((await (await fetch(`${address(running, "admin")}/status`)).json()) as { edges: { edge: string }[] }).edges,
      (edges) => edges[0]?.edge === "names-1",
    );
  });

  it("takes up a cluster that joins and lets go of one that leaves, without a restart", async () => {
    const made = await world(SERVE);
    await made.kubeconfig(["us"]);
    const running = await control(made);
    const status = async () =>
      (await (await fetch(`${address(running, "admin")}/status`)).json()) as {
        clusters: { cluster: string; api: string; apiCause: string | null }[];
      };
    const of = async (name: string) => (await status()).clusters.find(({ cluster }) => cluster === name);
    expect(await of("us")).toMatchObject({ api: "reachable" });
    const eu = await of("eu");
    expect(eu?.api).toBe("unreachable");
    expect(eu?.apiCause).toContain('Cannot find the context "eu"');
    await writeFile(join(made.dir, "jp.yaml"), clusterYaml("jp", "asia-northeast1"));
    await eventually(
      () => of("jp"),
      (jp) => jp?.api === "unreachable",
    );
    await rm(join(made.dir, "jp.yaml"));
    await eventually(
      () => of("jp"),
      (jp) => jp === undefined,
    );
  });

  it("fails at the start with what a person has to change", async () => {
    const made = await world();
    const text = await readFile(made.file, "utf8");
    await writeFile(made.file, text.replace("store: { file: state }", "store: { fle: state }"));
    await expect(control(made)).rejects.toThrow(/portolan\.yaml:4:\d+ .*did you mean "file"/);
    await writeFile(made.file, text.replace("signing.jwk", "absent.jwk"));
    await expect(control(made)).rejects.toThrow("Cannot read");
    await writeFile(made.file, INGRESS);
    await expect(control(made)).rejects.toThrow("it holds 0 objects of kind Control, not one");
  });
});

describe("portolan sync", () => {
  it("publishes once, and the second time there is nothing to do", async () => {
    const made = await world();
    const lines: string[] = [];
    const sync = () =>
      syncOnce({ file: made.file }, { out: (text) => void lines.push(text), err: (text) => void made.said.push(text) });
    expect(await sync()).toBe("published");
    expect(await sync()).toBe("unchanged");
    expect(lines.join("")).toMatch(/^published \d+\.1: 1 hosts\nunchanged \d+\.1: 1 hosts\n$/);
    const edge = await storeEdge(made, join(made.dir, "state"));
    await eventually(
      () => ask(address(edge, "edge"), "shop.example.org"),
      (answer) => zone(answer) === "eu-a",
    );
  });

  it("keeps what a cluster held before, while it cannot be reached", async () => {
    const made = await world();
    const sync = () =>
      syncOnce({ file: made.file }, { out: () => undefined, err: (text) => void made.said.push(text) });
    expect(await sync()).toBe("published");
    await made.clusters.get("eu")?.api.close();
    expect(await sync()).toBe("unchanged");
    const edge = await storeEdge(made, join(made.dir, "state"));
    await eventually(
      () => ask(address(edge, "edge"), "shop.example.org"),
      (answer) => zone(answer) === "eu-a",
    );
  });
});

describe("portolan edge --receive", () => {
  it("serves what control pushes, starts from it, and takes nothing from others", async () => {
    const made = await world(SERVE);
    const token = join(made.dir, "keys", "edge-token");
    const more = { tokenFile: token, cache: join(made.dir, "received") };
    const edge = await storeEdge(made, { receive: { host: "127.0.0.1", port: 0 } }, more);
    const receiver = address(edge, "receives");
    expect((await fetch(`${receiver}/manifest`, { method: "PUT", body: "{}" })).status).toBe(401);
    expect((await fetch(`${receiver}/manifest`)).status).toBe(401);
    const text = await readFile(made.file, "utf8");
    await writeFile(
      made.file,
      text.replace("spec: { ", `spec: { push: [{ url: "${receiver}", tokenFile: keys/edge-token }], `),
    );
    const running = await control(made);
    await eventually(
      () => ask(address(edge, "edge"), "shop.example.org"),
      (answer) => zone(answer) === "eu-a",
    );
    await eventually(
      async () =>
        ((await (await fetch(`${address(running, "admin")}/status`)).json()) as { edges: { edge: string }[] }).edges,
      (edges) => edges[0]?.edge === "edge-1",
    );
    await writeFile(
      join(made.dir, "more.yaml"),
      INGRESS.replace("name: shop,", "name: more,").replace("shop.example", "more.example"),
    );
    await eventually(
      () => ask(address(edge, "edge"), "more.example.org"),
      (answer) => zone(answer) === "eu-a",
    );
    await running.close();
    await edge.close();
    const again = await storeEdge(made, { receive: { host: "127.0.0.1", port: 0 } }, more);
    await eventually(
      () => ask(address(again, "edge"), "more.example.org"),
      (answer) => zone(answer) === "eu-a",
    );
  });
});

describe("portolan edge --store", () => {
  it("starts from its cache when the store is away, and takes nothing that another key signed", async () => {
    const made = await world(SERVE);
    const running = await control(made);
    const cache = join(made.dir, "cache");
    const first = await storeEdge(made, address(running, "store"), { cache });
    await eventually(
      () => ask(address(first, "edge"), "shop.example.org"),
      (answer) => zone(answer) === "eu-a",
    );
    await eventually(
      () => readFile(join(cache, "values", "manifest"), "utf8").catch(() => null),
      (text) => text !== null,
    );
    await first.close();
    await running.close();
    const second = await storeEdge(made, address(running, "store"), { cache });
    await eventually(
      () => ask(address(second, "edge"), "shop.example.org"),
      (answer) => zone(answer) === "eu-a",
    );
    await mkdir(join(made.dir, "others"));
    await makeKeys(join(made.dir, "others"), "k1");
    const third = await storeEdge(made, join(made.dir, "state"), {
      publicKeys: join(made.dir, "others", "public-keys.json"),
    });
    expect(await ask(address(third, "edge"), "shop.example.org")).toMatch(/^503/);
  });
});
