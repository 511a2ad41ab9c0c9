import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Check } from "../../src/cli/kube-commands.ts";
import { parseManifests } from "../../src/kube/yaml.ts";
import { startControl } from "../../workers/control.ts";
import { type Closing, namedOrigin, temporaryFolder } from "../build/files-edge.ts";
import { type KubeApi, kubeconfigOf, startKubeApi } from "../build/kube-api.ts";
import { runCli } from "../build/run-cli.ts";

let closing: Closing = [];
let dir = "";
let api: KubeApi;
const file = (name: string) => join(dir, name);
const doctor = (...args: readonly string[]) => runCli("doctor", "--config", file("portolan.yaml"), ...args);

beforeEach(async () => {
  closing = [];
  dir = await temporaryFolder(closing);
  api = await startKubeApi();
  closing.push(api.close);
  api.put("/api/v1/namespaces/kube-system", { metadata: {} });
  writeFileSync(file("kubeconfig"), kubeconfigOf({ us: api.url }));
  writeFileSync(
    file("portolan.yaml"),
    `apiVersion: portolan.dev/v1alpha1
kind: Control
metadata: { name: p }
spec:
  kubeconfig: [.portolan/clusters.kubeconfig]
  store: { file: .portolan/state }
  signingKey: .portolan/signing.jwk
  admin: 127.0.0.1:0
  allowPrivateOrigins: true
`,
  );
  const { port } = await namedOrigin("us", closing);
  writeFileSync(
    file("us.yaml"),
    `apiVersion: portolan.dev/v1alpha1
kind: Cluster
metadata: { name: us }
spec: { provider: gcp, region: us-east1, access: { context: us }, gateway: { connectHost: 127.0.0.1, port: ${port}, protocol: http } }
`,
  );
});
afterEach(async () => {
  for (const close of closing.reverse()) await close();
});

describe("portolan doctor", () => {
  it("numbers its checks, and each failure names the next command", async () => {
    const { code, out } = await doctor();
    expect(code).toBe(1);
    expect(out.replaceAll(dir, "DIR").split("\n")).toEqual([
      " 1 [ok]   portolan.yaml            DIR/portolan.yaml",
      " 2 [fail] signing key              there is no DIR/.portolan/signing.jwk",
      "          next: portolan keys .portolan",
      expect.stringMatching(/^ 3 \[ok\] {3}manifests {16}DIR, \d warnings$/),
      " 4 [ok]   cluster us: place        gcp/us-east1",
      expect.stringMatching(/^ 5 \[ok\] {3}cluster us: gateway {6}127\.0\.0\.1:\d+ takes connections$/),
      " 6 [warn] cluster us: credentials  it was not joined; control uses what its own kubeconfig says",
      "          next: portolan join us",
      " 7 [fail] control                  Cannot reach the admin API at 127.0.0.1:0: nothing answers there",
      "          next: portolan control --config portolan.yaml",
      "7 checks: 2 failed, 1 to look at",
      "",
    ]);
  });

  it("is content with a system that works", async () => {
    await runCli("keys", file(".portolan"));
    await runCli("join", "us", "--config", file("portolan.yaml"), "--kubeconfig", file("kubeconfig"));
    const control = await startControl({ file: file("portolan.yaml") }, { out: () => undefined, err: () => undefined });
    closing.push(control.close);
    const admin = /admin +(\S+)/.exec(control.banner.join("\n"))?.[1] ?? "";
    const checks = JSON.parse((await doctor("-o", "json", "--admin", admin)).out) as readonly Check[];
    expect(checks.filter(({ result }) => result === "fail")).toEqual([]);
    expect(checks.find(({ what }) => what === "cluster us: rights")?.found).toBe("all 6 are there");
    expect(checks.find(({ what }) => what === "cluster us: token")?.result).toBe("ok");
    // What goes wrong later is told apart.
    api.allows = (attributes) => attributes["resource"] !== "ingresses";
    const { out } = await doctor("--admin", admin);
    expect(out).toMatch(
      /\[fail\] cluster us: rights +missing: list ingresses\.networking\.k8s\.io\n +next: portolan join us\n/,
    );
  });

  it("prints the companion Ingress that a gateway with another Host needs", async () => {
    await runCli("join", "us", "--config", file("portolan.yaml"), "--kubeconfig", file("kubeconfig"));
    writeFileSync(
      file("us.yaml"),
      `apiVersion: portolan.dev/v1alpha1
kind: Cluster
metadata: { name: us }
spec: { provider: gcp, region: us-east1, access: { context: us }, gateway: { connectHost: us.origin.example.org, host: origin } }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop, namespace: shop }
spec:
  rules: [{ host: shop.example.org, http: { paths: [{ path: /api, pathType: Prefix, backend: { service: { name: shop, port: { name: http } } } }] } }]
`,
    );
    const companion = { metadata: { name: "nginx" }, spec: { controller: "k8s.io/ingress-nginx" } };
    api.put("/apis/networking.k8s.io/v1/ingressclasses/nginx", companion);
    const checks = async () =>
      (JSON.parse((await doctor("-o", "json")).out) as readonly Check[]).find(
        ({ what }) => what === "cluster us: companion",
      );
    const found = await checks();
    expect(found?.result).toBe("fail");
    const [object] = parseManifests(found?.attachment ?? "", "a").documents.map(
      ({ value }) => value as Record<string, unknown>,
    );
    expect(object).toEqual({
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: { name: "shop-portolan", namespace: "shop" },
      spec: {
        ingressClassName: "nginx",
        rules: [
          {
            host: "us.origin.example.org",
            http: {
              paths: [
                { path: "/api", pathType: "Prefix", backend: { service: { name: "shop", port: { name: "http" } } } },
              ],
            },
          },
        ],
      },
    });
    api.put("/apis/networking.k8s.io/v1/namespaces/shop/ingresses/shop-portolan", {
      ...object,
      metadata: { namespace: "shop" },
    });
    expect(await checks()).toMatchObject({ result: "ok", found: "its controller knows us.origin.example.org" });
  });

  it("says what is wrong with portolan.yaml and goes no further", async () => {
    expect((await runCli("doctor", "--config", file("none.yaml"))).out).toContain("there is no such file");
  });

  it("says which Secrets of spec.tls control may not get, and whom it seals to", async () => {
    const tls = (name: string) => ({ metadata: { namespace: "shop" }, spec: tlsSpec(name) });
    api.put("/apis/networking.k8s.io/v1/ingressclasses/portolan", {
      metadata: {},
      spec: { controller: "portolan.dev/edge" },
    });
    api.put("/apis/networking.k8s.io/v1/namespaces/shop/ingresses/a", tls("a-tls"));
    api.put("/apis/networking.k8s.io/v1/namespaces/shop/ingresses/b", tls("b-tls"));
    const text = readFileSync(file("portolan.yaml"), "utf8");
    writeFileSync(file("portolan.yaml"), `${text}  tlsSecrets: { recipients: [keys/edge-public.json] }\n`);
    await runCli("join", "us", "--config", file("portolan.yaml"), "--kubeconfig", file("kubeconfig"));
    const of = async (what: string) =>
      (JSON.parse((await doctor("-o", "json")).out) as Check[]).find((one) => one.what === what);
    expect(await of("edge keys")).toMatchObject({ result: "fail", next: expect.stringContaining("--edge") as string });
    await runCli("keys", file("keys"), "--edge", "--id", "fra-1");
    expect(await of("edge keys")).toMatchObject({ result: "ok", found: "fra-1" });
    api.allows = ({ name }) => name !== "b-tls";
    expect(await of("cluster us: TLS")).toMatchObject({
      result: "fail",
      found: "missing: get secrets of shop/b-tls",
      next: "portolan join us --tls-secrets",
    });
    api.allows = () => true;
    expect(await of("cluster us: TLS")).toMatchObject({ result: "ok", found: "all 2 are there" });
  });
});

const tlsSpec = (secretName: string) => ({
  ingressClassName: "portolan",
  defaultBackend: { service: { name: "web", port: { number: 80 } } },
  tls: [{ hosts: ["a.example.org"], secretName }],
});
