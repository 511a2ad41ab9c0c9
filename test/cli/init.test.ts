import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseManifests } from "../../src/kube/yaml.ts";
import { type Closing, temporaryFolder } from "../build/files-edge.ts";
import { type KubeApi, kubeconfigOf, startKubeApi } from "../build/kube-api.ts";
import { runCli } from "../build/run-cli.ts";

const closing: Closing = [];
let dir = "";
let api: KubeApi;
beforeAll(async () => {
  dir = await temporaryFolder(closing);
  api = await startKubeApi();
  closing.push(api.close);
  for (const name of ["n1", "n2"]) {
    const labels = { "topology.kubernetes.io/region": "us-east1", "topology.kubernetes.io/zone": "us-east1-b" };
    api.put(`/api/v1/nodes/${name}`, { metadata: { labels }, spec: { providerID: `gce://p/us-east1-b/${name}` } });
  }
  api.put("/api/v1/namespaces/ingress/services/ingress-nginx", {
    metadata: { namespace: "ingress", labels: { "app.kubernetes.io/name": "ingress-nginx" } },
    spec: { type: "LoadBalancer", ports: [{ port: 443 }] },
    status: { loadBalancer: { ingress: [{ ip: "192.0.2.10" }] } },
  });
  const contexts = { "gke_p_us-east1-b_shop": api.url, "arn:aws:eks:eu-west-1:1:cluster/shop": "http://127.0.0.1:1" };
  writeFileSync(join(dir, "kubeconfig"), kubeconfigOf(contexts));
});
afterAll(async () => {
  for (const close of closing.reverse()) await close();
});

const init = (...args: readonly string[]) => runCli("init", "--kubeconfig", join(dir, "kubeconfig"), ...args);

describe("portolan init", () => {
  it("writes each guess with its reason, and only reads", async () => {
    const path = join(dir, "portolan.yaml");
    const before = [...api.objects];
    const { code, out, err } = await init("-o", path);
    expect([code, out]).toEqual([0, `${path} is written; next: portolan join CONTEXT, for each cluster\n`]);
    expect(err.split("\n")).toEqual([
      "gke_p_us-east1-b_shop: shop, v1.36.3, gcp/us-east1, gateway 192.0.2.10",
      expect.stringMatching(
        /^arn:aws:eks:eu-west-1:1:cluster\/shop: shop-2, not reachable \(.+\), aws\/eu-west-1, no gateway$/,
      ),
      "",
    ]);
    const text = readFileSync(path, "utf8");
    expect(text).toContain("  provider: gcp # 2 of 2 nodes: providerID begins with gce://\n");
    expect(text).toContain("  region: us-east1 # 2 of 2 nodes: label topology.kubernetes.io/region: ");
    expect(text).toContain(
      '    connectHost: "192.0.2.10" # Service ingress/ingress-nginx at 192.0.2.10, of ingress-nginx\n',
    );
    expect(text).toContain("  region: eu-west-1 # the context's name: Dublin, ");
    expect(text).toContain("  # No gateway: the cluster was not asked\n");
    const { documents, problems } = parseManifests(text, path);
    expect(problems).toEqual([]);
    expect(documents.map(({ value }) => value)).toMatchObject([
      { kind: "Control", spec: { config: { directory: "." }, kubeconfig: [".portolan/clusters.kubeconfig"] } },
      {
        kind: "Cluster",
        metadata: { name: "shop" },
        spec: { access: { context: "gke_p_us-east1-b_shop" }, provider: "gcp", region: "us-east1", zone: "us-east1-b" },
      },
      { kind: "Cluster", metadata: { name: "shop-2" }, spec: { provider: "aws", region: "eu-west-1" } },
    ]);
    expect(new Set(api.requests.map((request) => request.split(" ")[0]))).toEqual(new Set(["GET"]));
    expect([...api.objects]).toEqual(before);
    expect(readdirSync(dir).sort()).toEqual(["kubeconfig", "portolan.yaml"]);
  });

  it("replaces a file only when it is told to", async () => {
    const path = join(dir, "portolan.yaml");
    writeFileSync(path, "mine");
    expect(await init("-o", path)).toMatchObject({
      code: 1,
      err: expect.stringContaining("it is there already") as string,
    });
    expect(readFileSync(path, "utf8")).toBe("mine");
    expect((await init("-o", path, "--force")).code).toBe(0);
    expect(readFileSync(path, "utf8")).toContain("kind: Control");
  });

  it("prints instead of writing, for the contexts that are named", async () => {
    const { out } = await init(
      "fed",
      "--dry-run",
      "--context",
      "gke_p_us-east1-b_shop",
      "--dns-zone-name",
      "example.org",
    );
    expect(parseManifests(out, "out").documents).toHaveLength(2);
    expect(out).toContain("name: fed");
    expect((await init("--dry-run", "--etcd-image", "x")).err).toContain("--etcd-image has no effect");
  });

  it("refuses a context that is not there, and a kubeconfig that is not there", async () => {
    expect((await init("--context", "mars")).err).toBe(
      `Cannot find the context "mars" in ${join(dir, "kubeconfig")}: it has gke_p_us-east1-b_shop, arn:aws:eks:eu-west-1:1:cluster/shop\nNext: kubectl config get-contexts\n`,
    );
    expect((await runCli("init", "--kubeconfig", join(dir, "none"))).err).toContain("Next: --kubeconfig FILE");
  });

  it("lets no API write a line of the file", async () => {
    const evil = await startKubeApi();
    closing.push(evil.close);
    evil.put("/api/v1/nodes/n", {
      metadata: { labels: { "topology.kubernetes.io/region": "x\n  weight: 0" } },
      spec: { providerID: "gce://p/z/n\nspec:" },
    });
    writeFileSync(join(dir, "evil"), kubeconfigOf({ "a\n- b": evil.url }));
    const { out } = await runCli("init", "--kubeconfig", join(dir, "evil"), "--dry-run");
    const [, cluster] = parseManifests(out, "out").documents;
    expect(cluster?.value).toMatchObject({
      metadata: { name: "a-b" },
      spec: { access: { context: "a\n- b" }, region: "x\n  weight: 0" },
    });
    expect(cluster?.value).not.toHaveProperty("spec.weight");
  });
});
