import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startControl } from "../../workers/control.ts";
import { type Closing, temporaryFolder } from "../build/files-edge.ts";
import { kubeconfigOf } from "../build/kube-api.ts";
import { runCli, runCliWith } from "../build/run-cli.ts";
import { authority } from "../kube/access/authority.ts";
import { startSimApi } from "../kube/sim-api.ts";
import { eventually } from "../scenarios/until.ts";

let closing: Closing = [];
let dir = "";
const file = (name: string) => join(dir, name);
beforeEach(async () => {
  closing = [];
  dir = await temporaryFolder(closing);
});
afterEach(async () => {
  for (const close of closing.reverse()) await close();
});

describe("portolan agent", () => {
  it("brings a cluster that control cannot reach to control, signed, over HTTPS", async () => {
    const ca = authority();
    const tls = ca.issue("/CN=control", ["IP:127.0.0.1"]);
    for (const [name, text] of Object.entries({ "ca.pem": ca.cert, "tls.pem": tls.cert, "tls.key": tls.key })) {
      writeFileSync(file(name), text);
    }
    await runCli("keys", file("control"));
    await runCli("keys", file("fra"), "--id", "fra");
    writeFileSync(
      file("portolan.yaml"),
      `apiVersion: portolan.dev/v1alpha1
kind: Control
metadata: { name: p }
spec:
  store: { file: state }
  signingKey: control/signing.jwk
  admin: 127.0.0.1:0
  interval: 100ms
  agents: { listen: "127.0.0.1:0", publicKeys: fra/public-keys.json, tlsCert: tls.pem, tlsKey: tls.key }
---
apiVersion: portolan.dev/v1alpha1
kind: Cluster
metadata: { name: fra }
spec: { provider: gcp, region: europe-west3, access: { agent: true }, gateway: { connectHost: fra.example.org } }
`,
    );
    const api = await startSimApi();
    closing.push(api.close);
    await api.create("web", 80);
    writeFileSync(file("kubeconfig"), kubeconfigOf({ private: api.access.server }));
    const control = await startControl({ file: file("portolan.yaml") }, { out: () => undefined, err: () => undefined });
    closing.push(control.close);
    const [to = "", admin = ""] = ["agents", "admin"].map(
      (what) => new RegExp(`${what} +(\\S+)`).exec(control.banner.join("\n"))?.[1] ?? "",
    );
    const apiOf = async () => (await runCli("get", "clusters", "--admin", admin)).out.split("\n")[1]?.split(/ {3,}/)[3];
    expect(await apiOf()).toBe("unreachable");

    const stop = Promise.withResolvers<void>();
    const args = ["--cluster", "fra", "--to", to, "--key", file("fra/signing.jwk"), "--ca", file("ca.pem")];
    const agent = runCliWith({ untilStopped: () => stop.promise }, [
      "agent",
      ...args,
      "--kubeconfig",
      file("kubeconfig"),
      "--heartbeat",
      "1s",
    ]);
    await eventually(apiOf, (word) => word === "reachable");
    stop.resolve();
    const { code, out, err } = await agent;
    expect([code, err]).toEqual([0, "Control takes what is sent for fra\n"]);
    expect(out).toContain("agent      of fra: http://127.0.0.1:");
  });

  it("refuses plain http, and a key of another name, before it starts", async () => {
    await runCli("keys", file("eu"), "--id", "eu");
    const agent = (to: string) => runCli("agent", "--cluster", "fra", "--to", to, "--key", file("eu/signing.jwk"));
    expect((await agent("http://control.example.org")).err).toContain("it is not an https URL");
    expect((await agent("https://control.example.org")).err).toBe(
      'Cannot speak for fra: the key is called "eu"\nNext: portolan keys DIR --id fra\n',
    );
  });
});
