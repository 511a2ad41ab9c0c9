/** Addresses that Terraform hands on: the ADDRESS of Ingresses, and where one without a host answers. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { startControl } from "../../workers/control.ts";
import { makeKeys } from "../../workers/key-files.ts";
import { startStoreEdge } from "../../workers/store-edge.ts";
import { type Closing, twoClusters } from "../build/files-edge.ts";
import { storeEdgeOptions } from "../build/store-edge.ts";
import { runCli } from "../build/run-cli.ts";
import { ask } from "./ask.ts";
import { eventually } from "./until.ts";

const closing: Closing = [];
afterEach(async () => {
  delete process.env["PORTOLAN_EDGE_ADDRESSES"];
  for (const close of closing.splice(0).reverse()) await close();
});

/** No host: every name and address that leads to an edge, unless a rule names it. */
const INGRESS = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: any, namespace: default }
spec: { rules: [{ http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: shop, port: { number: 80 } } } }] } }] }
`;

async function world() {
  const { dir } = await twoClusters(INGRESS, closing);
  await makeKeys(join(dir, "..keys"), "k1");
  const file = join(dir, "portolan.yaml");
  const spec = `config: { directory: . }, store: { file: ..state }, signingKey: ..keys/signing.jwk, allowPrivateOrigins: true`;
  await writeFile(
    file,
    `apiVersion: portolan.dev/v1alpha1
kind: Control
metadata: { name: control }
spec: { ${spec}, edgeAddresses: [edge.example.org], serve: { listen: "127.0.0.1:0" }, admin: "127.0.0.1:0" }
`,
  );
  const start = async () => {
    const control = await startControl({ file }, { out: () => undefined, err: () => undefined });
    closing.push(control.close);
    return (word: string) => new RegExp(`^${word} +(http\\S+)$`, "m").exec(control.banner.join("\n"))?.[1] ?? "";
  };
  return { dir, start };
}

describe("PORTOLAN_EDGE_ADDRESSES", () => {
  it("is the ADDRESS of an Ingress without a host, which answers there", async () => {
    process.env["PORTOLAN_EDGE_ADDRESSES"] = "192.0.2.1, 2001:db8::1";
    const { dir, start } = await world();
    const at = await start();
    const { out } = await runCli("get", "ingresses", "--admin", at("admin"));
    expect(out).toMatch(/^default +any +<none> +\* +edge\.example\.org,192\.0\.2\.1,2001:db8::1 /m);
    const options = storeEdgeOptions(join(dir, "..keys"), { store: at("store") });
    const edge = await startStoreEdge(options, { out: () => undefined, err: () => undefined });
    closing.push(edge.close);
    const url = /^edge +(http\S+)$/m.exec(edge.banner.join("\n"))?.[1] ?? "";
    for (const host of ["192.0.2.1", "[2001:db8::1]", "192.0.2.1:80"]) {
      await eventually(
        () => ask(url, host),
        (answer) => answer.includes("eu"),
      );
    }
  });

  it("refuses what is no address, and says which", async () => {
    process.env["PORTOLAN_EDGE_ADDRESSES"] = "192.0.2.1,https://edge.example.org";
    const { start } = await world();
    await expect(start()).rejects.toThrow(/^Cannot use PORTOLAN_EDGE_ADDRESSES .*https:/);
  });
});
