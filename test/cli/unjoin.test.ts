import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { StatusReport } from "../../src/core/status.ts";
import { renewTokens } from "../../src/kube/join/renewal.ts";
import { tokenTimes } from "../../src/kube/join/token.ts";
import { startFilesEdge } from "../../workers/files-edge.ts";
import { type Closing, edgeOptions, namedOrigin, shopYaml, temporaryFolder } from "../build/files-edge.ts";
import { type KubeApi, kubeconfigOf, startKubeApi } from "../build/kube-api.ts";
import { runCli } from "../build/run-cli.ts";
import { eventually } from "../scenarios/until.ts";

const CONTROL = `apiVersion: portolan.dev/v1alpha1
kind: Control
metadata: { name: p }
spec: { config: { directory: . }, store: { file: .portolan/state }, signingKey: .portolan/key }
`;
const cluster = (name: string) =>
  `apiVersion: portolan.dev/v1alpha1\nkind: Cluster\nmetadata: { name: ${name} }\nspec: { access: { context: ${name} } }\n`;
const INGRESS = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop }
spec: { defaultBackend: { service: { name: shop, port: { number: 80 } } } }
`;

let closing: Closing = [];
let dir = "";
let apis: Record<"us" | "eu", KubeApi>;
beforeEach(async () => {
  closing = [];
  dir = await temporaryFolder(closing);
  apis = { us: await startKubeApi(), eu: await startKubeApi() };
  for (const api of Object.values(apis)) {
    closing.push(api.close);
    api.put("/api/v1/namespaces/kube-system", { metadata: {} });
    api.put("/api/v1/namespaces/default/configmaps/kept", { metadata: { namespace: "default" }, data: { a: "b" } });
  }
  writeFileSync(file("kubeconfig"), kubeconfigOf({ us: apis.us.url, eu: apis.eu.url }));
  writeFileSync(file("portolan.yaml"), CONTROL);
  writeFileSync(file("clusters.yaml"), `# mine\n${cluster("us")}---\n${cluster("eu")}`);
});
afterEach(async () => {
  for (const close of closing.reverse()) await close();
});

const file = (name: string) => join(dir, name);
const run = (command: string, ...args: readonly string[]) =>
  runCli(command, ...args, "--config", file("portolan.yaml"), "--kubeconfig", file("kubeconfig"));
const objects = (api: KubeApi) => JSON.stringify([...api.objects].sort(([a], [b]) => (a < b ? -1 : 1)));

async function edge(): Promise<{ admin: string; status: () => Promise<StatusReport> }> {
  for (const name of ["us", "eu"]) {
    const { port } = await namedOrigin(name, closing);
    mkdirSync(file(name));
    writeFileSync(file(`${name}/shop.yaml`), shopYaml(port));
  }
  writeFileSync(file("shop.yaml"), INGRESS);
  const running = await startFilesEdge(edgeOptions(dir, { admin: { host: "127.0.0.1", port: 0 } }), {
    out: () => undefined,
    err: () => undefined,
  });
  closing.push(running.close);
  const admin = /admin +(\S+)/.exec(running.banner.join("\n"))?.[1] ?? "";
  return { admin, status: async () => (await (await fetch(`${admin}/status`)).json()) as StatusReport };
}

describe("portolan unjoin", () => {
  it("drains, removes what join made, and leaves nothing behind", async () => {
    const before = objects(apis.us);
    expect((await run("join", "us", "--write-back")).code).toBe(0);
    expect((await run("join", "eu")).code).toBe(0);
    expect(objects(apis.us)).not.toBe(before);
    const { admin, status } = await edge();
    const { code, out, err } = await run("unjoin", "us", "--admin", admin);
    expect([code, err]).toEqual([0, ""]);
    expect(out.split("\n")).toEqual([
      "drain        us has weight 0 on 1 edges",
      `Cluster      us is out of ${file("clusters.yaml")}`,
      "in the cluster",
      "  removed  /apis/rbac.authorization.k8s.io/v1/namespaces/portolan-system/rolebindings/portolan-token",
      "  removed  /apis/rbac.authorization.k8s.io/v1/namespaces/portolan-system/roles/portolan-token",
      "  removed  /apis/rbac.authorization.k8s.io/v1/clusterrolebindings/portolan-writer",
      "  removed  /apis/rbac.authorization.k8s.io/v1/clusterroles/portolan-writer",
      "  removed  /apis/rbac.authorization.k8s.io/v1/clusterrolebindings/portolan-reader",
      "  removed  /apis/rbac.authorization.k8s.io/v1/clusterroles/portolan-reader",
      "  removed  /api/v1/namespaces/portolan-system/serviceaccounts/portolan",
      "  removed  /api/v1/namespaces/portolan-system",
      "  nothing of ours is left",
      "credentials  of us are gone from .portolan/clusters.kubeconfig",
      "us is unjoined",
      "",
    ]);
    expect(objects(apis.us)).toBe(before);
    expect(readFileSync(file("clusters.yaml"), "utf8")).toBe(`---\n${cluster("eu")}`);
    expect(existsSync(file(".portolan/tokens/us"))).toBe(false);
    expect(existsSync(file(".portolan/tokens/eu"))).toBe(true);
    const after = await eventually(status, ({ drains }) => drains.length === 0);
    expect(after.clusters.map((one) => one.cluster)).toEqual(["eu"]);
  });

  it("refuses a drain that would empty a host, and one that nobody can carry out", async () => {
    await run("join", "us");
    const { admin, status } = await edge();
    await runCli("drain", "eu", "--admin", admin);
    await eventually(status, ({ clusters }) => clusters.some((one) => one.cluster === "eu" && one.weight === 0));
    const before = objects(apis.us);
    const refused = await run("unjoin", "us", "--admin", admin);
    expect([refused.code, refused.err]).toEqual([
      1,
      expect.stringContaining("would be left without a backend") as string,
    ]);
    const alone = await run("unjoin", "us", "--admin", "127.0.0.1:1");
    expect(alone.err).toContain("portolan unjoin us --no-drain when it does not run");
    expect(objects(apis.us)).toBe(before);
  });

  it("leaves what is somebody else's, and a namespace that others live in", async () => {
    await run("join", "us");
    const role = "/apis/rbac.authorization.k8s.io/v1/clusterroles/portolan-reader";
    apis.us.put(role, { kind: "ClusterRole", metadata: { labels: { "app.kubernetes.io/managed-by": "Helm" } } });
    apis.us.put("/api/v1/namespaces/portolan-system/pods/gateway", { metadata: { namespace: "portolan-system" } });
    const { code, out } = await run("unjoin", "us", "--no-drain");
    expect(code).toBe(0);
    expect(out).toContain(`  left     ${role}: it belongs to Helm`);
    expect(out).toContain("  left     /api/v1/namespaces/portolan-system: pods/gateway live in it");
    expect(apis.us.objects.has(role)).toBe(true);
    expect(apis.us.objects.has("/api/v1/namespaces/portolan-system")).toBe(true);
    expect(apis.us.objects.has("/api/v1/namespaces/portolan-system/serviceaccounts/portolan")).toBe(false);
  });

  it("--lost cleans up after a cluster that is gone for good", async () => {
    await run("join", "us");
    await apis.us.close();
    const failed = await run("unjoin", "us", "--no-drain");
    expect(failed.code).toBe(1);
    expect(failed.err).toContain("Next: portolan unjoin us --lost, when the cluster is gone for good");
    expect(existsSync(file(".portolan/tokens/us"))).toBe(true);
    expect((await run("unjoin", "us", "--no-drain", "--lost")).code).toBe(0);
    expect(existsSync(file(".portolan"))).toBe(false);
    expect(readFileSync(file("clusters.yaml"), "utf8")).toBe(`---\n${cluster("eu")}`);
  });

  it("keeps the Cluster in the config cluster, where portolan.yaml names one", async () => {
    writeFileSync(file("portolan.yaml"), CONTROL.replace("{ directory: . }", "{ context: eu }"));
    const path = "/apis/portolan.dev/v1alpha1/clusters/us";
    const before = objects(apis.eu);
    const joined = await run("join", "us");
    expect([joined.code, joined.err]).toEqual([0, ""]);
    expect(joined.out).toContain("Cluster      us in the config cluster eu: ");
    expect(apis.eu.objects.get(path)).toMatchObject({ kind: "Cluster", spec: { access: { context: "us" } } });
    expect((await run("join", "us")).out).toContain("Cluster      us is in the config cluster eu already");
    expect((await run("destroy")).out).toContain("Cluster us in the config cluster eu");
    const { code, out } = await run("unjoin", "us", "--no-drain");
    expect(code).toBe(0);
    expect(out).toContain("Cluster      us is out of the config cluster eu");
    expect(objects(apis.eu)).toBe(before);
    apis.eu.refuse = (_method, asked) => (asked.includes("portolan.dev") ? { code: 404, reason: "NotFound" } : null);
    expect((await run("join", "us")).err).toContain("Next: portolan schema --crds | kubectl --context eu apply");
  });

  it("knows only what was joined", async () => {
    expect((await run("unjoin", "mars")).err).toBe(
      'Cannot unjoin "mars": no cluster is joined\nNext: portolan join CONTEXT\n',
    );
  });
});

describe("portolan destroy", () => {
  it("lists, removes only when told, and lists again", async () => {
    const before = [objects(apis.us), objects(apis.eu)];
    await run("join", "us");
    await run("join", "eu");
    mkdirSync(file(".portolan/state"));
    const listed = await run("destroy");
    expect(listed.out).toContain("cluster us               /api/v1/namespaces/portolan-system\n");
    expect(listed.out).toContain(`here                     the store ${file(".portolan/state")}\n`);
    expect(listed.out).toContain("nothing is removed; next: portolan destroy --yes");
    expect(objects(apis.us)).not.toBe(before[0]);
    const done = await run("destroy", "--yes");
    expect([done.code, done.err]).toEqual([0, ""]);
    expect(done.out).toMatch(/\nlisted again\nPortolan owns nothing\n$/);
    expect([objects(apis.us), objects(apis.eu)]).toEqual(before);
    expect(existsSync(file(".portolan"))).toBe(false);
    expect(existsSync(file("clusters.yaml"))).toBe(false);
  });
});

describe("renewTokens()", () => {
  it("renews at half of a token's life, by the token's own right, and says when it is too late", async () => {
    apis.us.tokenSeconds = 600;
    await run("join", "us");
    const token = () => readFileSync(file(".portolan/tokens/us"), "utf8").trim();
    const first = token();
    const { issuedAtMs, expiresAtMs } = tokenTimes(first) ?? { issuedAtMs: 0, expiresAtMs: 0 };
    expect(await renewTokens(dir, () => issuedAtMs + 299_000)).toEqual([]);
    expect(token()).toBe(first);
    apis.us.requests.splice(0);
    expect(await renewTokens(dir, () => issuedAtMs + 300_000)).toMatchObject([{ cluster: "us", result: "renewed" }]);
    expect(apis.us.requests).toEqual(["POST /api/v1/namespaces/portolan-system/serviceaccounts/portolan/token"]);
    expect(token()).not.toBe(first);
    apis.us.refuse = () => ({ code: 403, reason: "Forbidden" });
    expect(await renewTokens(dir, () => expiresAtMs - 1000)).toEqual([
      { cluster: "us", result: "failed", found: "the API answered 403 Forbidden" },
    ]);
    expect(await renewTokens(dir, () => expiresAtMs + 60_000)).toEqual([
      { cluster: "us", result: "expired", found: expect.stringContaining("portolan join us --renew") as string },
    ]);
  });
});
