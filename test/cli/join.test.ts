import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { contextAccess } from "../../src/kube/access/context-access.ts";
import { loadKubeconfig } from "../../src/kube/access/kubeconfig.ts";
import { apiClient } from "../../src/kube/api-client.ts";
import { isRecord } from "../../src/kube/plain.ts";
import { parseManifests } from "../../src/kube/yaml.ts";
import { type Closing, temporaryFolder } from "../build/files-edge.ts";
import { type KubeApi, kubeconfigOf, startKubeApi } from "../build/kube-api.ts";
import { runCli } from "../build/run-cli.ts";

const CONTROL =
  "apiVersion: portolan.dev/v1alpha1\nkind: Control\nmetadata: { name: p }\nspec: { config: { directory: . } }\n";
const CONTEXT = "gke_p_us-east1-b_shop";

let closing: Closing = [];
let dir = "";
let api: KubeApi;
beforeEach(async () => {
  closing = [];
  dir = await temporaryFolder(closing);
  api = await startKubeApi();
  closing.push(api.close);
  api.put("/api/v1/namespaces/kube-system", { metadata: {} });
  api.put("/api/v1/nodes/n1", { metadata: { labels: {} }, spec: { providerID: "gce://p/us-east1-b/n1" } });
  writeFileSync(join(dir, "kubeconfig"), kubeconfigOf({ [CONTEXT]: api.url }));
  writeFileSync(join(dir, "portolan.yaml"), CONTROL);
});
afterEach(async () => {
  for (const close of closing.reverse()) await close();
});

const file = (name: string) => join(dir, name);
const run = (command: string, ...args: readonly string[]) =>
  runCli(command, ...args, "--config", file("portolan.yaml"), "--kubeconfig", file("kubeconfig"));
const snapshot = () => JSON.stringify([...api.objects].sort(([a], [b]) => (a < b ? -1 : 1)));
const writes = () => api.requests.filter((one) => !one.startsWith("GET") && !one.endsWith("selfsubjectaccessreviews"));

describe("portolan join", () => {
  it("shows everything, then makes a reader's account and credentials that control can use", async () => {
    const { code, out, err } = await run("join", CONTEXT);
    expect([code, err]).toEqual([0, ""]);
    expect(out.split("\n").slice(0, 14)).toEqual([
      "preflight",
      "  [ok]   API      v1.36.3",
      "  [ok]   rights   all 7 are there",
      "  [ok]   clock    in step with ours",
      "  [ok]   names    nobody else has them",
      "in the cluster",
      "  create Namespace portolan-system",
      "  create ServiceAccount portolan",
      "  create ClusterRole portolan-reader: get, list, watch services, namespaces, nodes; get, list, watch endpointslices; get, list, watch ingresses, ingressclasses; get, list, watch serviceexports",
      "  create ClusterRoleBinding portolan-reader",
      "  create Role portolan-token: create serviceaccounts/token of portolan",
      "  create RoleBinding portolan-token",
      expect.stringMatching(/^token {8}expires 2\S+Z; portolan control renews it from 2\S+Z on$/),
      `credentials  context ${CONTEXT} in .portolan/clusters.kubeconfig, beside ${file("portolan.yaml")}`,
    ]);
    const [cluster] = parseManifests(readFileSync(file("cluster-shop.yaml"), "utf8"), "c").documents;
    expect(cluster?.value).toEqual({
      apiVersion: "portolan.dev/v1alpha1",
      kind: "Cluster",
      metadata: { name: "shop" },
      spec: { access: { context: CONTEXT }, provider: "gcp", region: "us-east1", zone: "us-east1-b" },
    });
    // No Secret is ever read, and nothing may be written.
    const rules = JSON.stringify([...api.objects.values()].flatMap((object) => object["rules"] ?? []));
    expect(rules).not.toContain("secrets");
    expect(rules).not.toMatch(/"(?:update|patch|delete|\*)"/);
    // The credentials work, and only their owner can read them.
    const kubeconfig = await loadKubeconfig({ path: file(".portolan/clusters.kubeconfig") });
    const client = apiClient(contextAccess(kubeconfig, CONTEXT));
    expect((await client.get("/version")).ok).toBe(true);
    await client.close();
    for (const name of [".portolan/clusters.kubeconfig", ".portolan/tokens/shop"]) {
      expect(statSync(file(name)).mode & 0o077).toBe(0);
      expect(readFileSync(file(name), "utf8")).not.toContain("admin");
    }
  });

  it("changes nothing the second time, and renews the token when it is told to", async () => {
    await run("join", CONTEXT);
    const [before, token] = [snapshot(), readFileSync(file(".portolan/tokens/shop"), "utf8")];
    api.requests.splice(0);
    const again = await run("join", CONTEXT);
    expect(again.out).toContain("  [ok]   names    all of it is there already");
    expect(again.out).toContain("  nothing to do");
    expect(again.out).toContain("token        kept");
    expect(snapshot()).toBe(before);
    // A dry run asks what time it is there.
    expect(writes()).toEqual(["POST /api/v1/namespaces"]);
    expect(readFileSync(file(".portolan/tokens/shop"), "utf8")).toBe(token);
    expect((await run("join", CONTEXT, "--renew")).code).toBe(0);
    expect(snapshot()).toBe(before);
    expect(readFileSync(file(".portolan/tokens/shop"), "utf8")).not.toBe(token);
  });

  it("prints YAML and makes nothing with --dry-run", async () => {
    const before = snapshot();
    const { out } = await run("join", CONTEXT, "--dry-run");
    const values = parseManifests(out, "out").documents.map(({ value }) => (isRecord(value) ? value["kind"] : null));
    expect(values).toEqual([
      "Namespace",
      "ServiceAccount",
      "ClusterRole",
      "ClusterRoleBinding",
      "Role",
      "RoleBinding",
      "Cluster",
    ]);
    expect(snapshot()).toBe(before);
    expect(existsSync(file(".portolan"))).toBe(false);
    expect(existsSync(file("cluster-shop.yaml"))).toBe(false);
  });

  it("refuses to begin without the rights, with a wrong clock, or on somebody else's names", async () => {
    const before = snapshot();
    api.allows = (attributes) => attributes["resource"] !== "clusterroles";
    expect(await run("join", CONTEXT)).toMatchObject({
      code: 1,
      err: expect.stringContaining(
        "Cannot join: rights: missing: create clusterroles.rbac.authorization.k8s.io",
      ) as string,
    });
    api.allows = () => true;
    api.skewMs = 120_000;
    expect((await run("join", CONTEXT)).err).toMatch(
      /^Cannot join: clock: 1\d\d s ahead of ours\nNext: set the clocks/,
    );
    api.skewMs = -10_000;
    expect((await run("join", CONTEXT, "--dry-run")).code).toBe(0);
    api.skewMs = 0;
    expect(snapshot()).toBe(before);
    api.put("/apis/rbac.authorization.k8s.io/v1/clusterroles/portolan-reader", { kind: "ClusterRole", metadata: {} });
    expect((await run("join", CONTEXT)).err).toContain("clusterroles/portolan-reader belongs to somebody else");
    expect(writes().filter((one) => one.startsWith("PATCH"))).toEqual([]);
  });

  it("warns of a clock that is a little off", async () => {
    api.skewMs = -10_000;
    const { code, out } = await run("join", CONTEXT);
    expect(code).toBe(0);
    expect(out).toMatch(/ {2}\[warn\] clock {4}(?:8|9|10) s behind ours/);
  });

  it("goes on where it was interrupted", async () => {
    api.refuse = (method, path) =>
      method === "PATCH" && path.includes("clusterrolebindings") ? { code: 500, reason: "InternalError" } : null;
    const { code, err } = await run("join", CONTEXT);
    expect([code, err]).toEqual([
      1,
      "Cannot make /apis/rbac.authorization.k8s.io/v1/clusterrolebindings/portolan-reader: InternalError: /apis/rbac.authorization.k8s.io/v1/clusterrolebindings/portolan-reader\nNext: portolan join again, which goes on where this ended\n",
    ]);
    api.refuse = () => null;
    const { out } = await run("join", CONTEXT);
    expect(out).toContain("  keep   ClusterRole portolan-reader");
    expect(out).toContain("  create ClusterRoleBinding portolan-reader");
    expect(out).toContain("shop is joined");
  });

  it("uses the Cluster that portolan.yaml has for the context, and keeps names apart", async () => {
    const named = `---\napiVersion: portolan.dev/v1alpha1\nkind: Cluster\nmetadata: { name: us }\nspec: { access: { context: ${CONTEXT} } }\n`;
    writeFileSync(file("portolan.yaml"), CONTROL + named);
    expect((await run("join", CONTEXT, "--name", "eu")).err).toContain(`Cannot join ${CONTEXT} as eu: Cluster us in `);
    const { out } = await run("join", CONTEXT);
    expect(out).toContain(`Cluster      us is in ${file("portolan.yaml")} already`);
    expect(readFileSync(file(".portolan/clusters.kubeconfig"), "utf8")).toContain("cluster: us");
    writeFileSync(file("kubeconfig"), kubeconfigOf({ [CONTEXT]: api.url, us: api.url }));
    expect((await run("join", "us")).err).toContain(
      `Cannot join us as us: Cluster us in ${file("portolan.yaml")} is for the context`,
    );
  });

  it("asks for the right to write only when it is told to", async () => {
    const { out } = await run("join", CONTEXT, "--write-back");
    expect(out).toContain("ClusterRole portolan-writer: get, patch ingresses/status; create, patch events");
  });

  it("gives the right to get the Secrets that our Ingresses name, each by name, and takes it back", async () => {
    const networking = "/apis/networking.k8s.io/v1";
    const ingress = (namespace: string, name: string, className: string, secretName: string | null) =>
      api.put(`${networking}/namespaces/${namespace}/ingresses/${name}`, {
        metadata: { namespace },
        spec: {
          ingressClassName: className,
          defaultBackend: { service: { name: "web", port: { number: 80 } } },
          ...(secretName === null ? {} : { tls: [{ hosts: ["a.example.org"], secretName }] }),
        },
      });
    api.put(`${networking}/ingressclasses/portolan`, { metadata: {}, spec: { controller: "portolan.dev/edge" } });
    api.put(`${networking}/ingressclasses/nginx`, { metadata: {}, spec: { controller: "k8s.io/ingress-nginx" } });
    ingress("shop", "one", "portolan", "b-tls");
    ingress("shop", "two", "portolan", "a-tls");
    ingress("shop", "plain", "portolan", null);
    ingress("blog", "one", "portolan", "blog-tls");
    ingress("other", "one", "nginx", "other-tls");
    const role = (namespace: string) =>
      api.objects.get(`/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/roles/portolan-tls`);

    expect((await run("join", CONTEXT)).out).not.toContain("portolan-tls");
    const { out } = await run("join", CONTEXT, "--tls-secrets");
    expect(out).toContain("  create Role shop/portolan-tls: get secrets of a-tls, b-tls\n");
    expect(out).toContain("  create RoleBinding blog/portolan-tls\n");
    expect(role("shop")?.["rules"]).toEqual([
      { apiGroups: [""], resources: ["secrets"], resourceNames: ["a-tls", "b-tls"], verbs: ["get"] },
    ]);
    expect(role("other")).toBeUndefined();
    const cluster = [...api.objects].filter(([path]) => path.includes("/clusterroles/"));
    expect(JSON.stringify(cluster)).not.toContain("secrets");
    expect((await run("join", CONTEXT, "--tls-secrets")).out).toContain("  nothing to do");
    // Without the flag nobody asked about it.
    expect((await run("join", CONTEXT)).out).toContain("  nothing to do");

    ingress("shop", "two", "portolan", null);
    ingress("blog", "one", "nginx", "blog-tls");
    api.put("/apis/rbac.authorization.k8s.io/v1/namespaces/other/roles/portolan-tls", {
      metadata: { namespace: "other" },
    });
    const again = await run("join", CONTEXT, "--tls-secrets");
    expect(again.out).toContain("  change Role shop/portolan-tls: get secrets of b-tls\n");
    expect(again.out).toContain("  remove RoleBinding blog/portolan-tls\n  remove Role blog/portolan-tls\n");
    expect(role("blog")).toBeUndefined();
    expect(role("other")).toBeDefined();
    const dry = await run("join", CONTEXT, "--tls-secrets", "--dry-run");
    expect(dry.out).toMatch(/resourceNames:\n\s+- b-tls\n/);

    expect((await run("unjoin", "shop", "--no-drain")).out).toContain("shop is unjoined");
    expect(role("shop")).toBeUndefined();
    expect(role("other")).toBeDefined();
  });

  it("needs a portolan.yaml and a context", async () => {
    expect((await runCli("join", CONTEXT, "--config", file("none.yaml"), "--kubeconfig", file("kubeconfig"))).err).toBe(
      `Cannot read ${file("none.yaml")}: there is no such file\nNext: portolan init, or --config FILE\n`,
    );
    expect((await run("join", "mars")).err).toContain('Cannot find the context "mars"');
    expect((await run("join")).err).toContain("Cannot go on without a context");
  });
});
