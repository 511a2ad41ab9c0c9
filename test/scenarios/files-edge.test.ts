import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Running } from "../../src/cli/deps.ts";
import { startFilesEdge } from "../../workers/files-edge.ts";
import { eventually } from "./until.ts";

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** An origin that answers with its name. */
async function origin(name: string): Promise<number> {
  const server: Server = createServer((_request, response) => response.end(name));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

const clusterYaml = (name: string, region: string) => `apiVersion: portolan.dev/v1alpha1
kind: Cluster
metadata: { name: ${name} }
spec: { provider: gcp, region: ${region} }
`;

const held = (port: number) => `apiVersion: v1
kind: Service
metadata: { name: shop }
spec: { ports: [{ port: 80 }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: shop-1, labels: { kubernetes.io/service-name: shop } }
addressType: IPv4
ports: [{ port: ${port} }]
endpoints: [{ addresses: [127.0.0.1], conditions: { ready: true } }]
`;

const ingressYaml = (host: string) => `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop }
spec:
  rules:
    - host: ${host}
      http:
        paths:
          - path: /
            pathType: Prefix
            backend: { service: { name: shop, port: { number: 80 } } }
`;

async function world(): Promise<{ dir: string; edge: Running; url: string; messages: string[] }> {
  const dir = await mkdtemp(join(tmpdir(), "portolan-files-"));
  closing.push(() => rm(dir, { recursive: true, force: true }));
  for (const [name, region] of [
    ["us", "us-east1"],
    ["eu", "europe-west1"],
  ] as const) {
    await mkdir(join(dir, name));
    await writeFile(join(dir, `${name}.yaml`), clusterYaml(name, region));
    await writeFile(join(dir, name, "shop.yaml"), held(await origin(name)));
  }
  await writeFile(join(dir, "shop.yaml"), ingressYaml("shop.example.org"));
  const messages: string[] = [];
  const edge = await startFilesEdge(
    {
      from: dir,
      listen: { host: "127.0.0.1", port: 0 },
      location: { latitude: 50.1, longitude: 8.7 },
      geoip: null,
      trustedProxies: [],
      trustedHops: 0,
      trustedHeader: null,
      locationHeaders: null,
      admin: null,
      allowPrivateOrigins: true,
      debugToken: null,
      hopKeys: null,
    },
    { out: () => undefined, err: (text) => void messages.push(text) },
  );
  closing.push(edge.close);
  const url = /http:\S+/.exec(edge.banner.join("\n"))?.[0] ?? "";
  return { dir, edge, url, messages };
}

async function ask(url: string, host: string): Promise<string> {
  const { request } = await import("node:http");
  return await new Promise((resolve, reject) => {
    request(url, { headers: { host } }, (response) => {
      let text = "";
      response.on("data", (chunk) => (text += String(chunk)));
      response.on("end", () => resolve(`${response.statusCode} ${text.trim()}`));
    })
      .on("error", reject)
      .end();
  });
}

describe("portolan edge --from DIR", () => {
  it("serves the nearest cluster, and takes a good change into use without a lost request", async () => {
    const { dir, url } = await world();
    expect(await ask(url, "shop.example.org")).toBe("200 eu");
    expect(await ask(url, "new.example.org")).toMatch(/^404/);
    await writeFile(join(dir, "tmp"), ingressYaml("new.example.org"));
    await rename(join(dir, "tmp"), join(dir, "shop.yaml"));
    await eventually(
      () => ask(url, "new.example.org"),
      (answer) => answer === "200 eu",
    );
  });

  it("refuses a bad change with file:line:column and keeps the old state", async () => {
    const { dir, url, messages } = await world();
    await writeFile(join(dir, "shop.yaml"), ingressYaml("shop.example.org").replace("pathType", "pathTyp"));
    await eventually(
      async () => messages.join(""),
      (text) => /shop\.yaml:10:13 {2}error .*pathTyp.*did you mean "pathType"/.test(text),
    );
    expect(await ask(url, "shop.example.org")).toBe("200 eu");
  });

  it("lets the only Ingress go when its file is deleted, and takes it back", async () => {
    const { dir, url } = await world();
    const path = join(dir, "shop.yaml");
    await rm(path);
    await eventually(
      () => ask(url, "shop.example.org"),
      (answer) => answer.startsWith("404"),
    );
    await writeFile(path, ingressYaml("shop.example.org"));
    await eventually(
      () => ask(url, "shop.example.org"),
      (answer) => answer === "200 eu",
    );
  });

  it("keeps everything when the directory is emptied, since nobody deletes a whole company", async () => {
    const { dir, url } = await world();
    await rename(dir, `${dir}-gone`);
    closing.push(() => rm(`${dir}-gone`, { recursive: true, force: true }));
    for (let index = 0; index < 20; index += 1) expect(await ask(url, "shop.example.org")).toBe("200 eu");
  });

  it("does not start from a directory with errors, and says where they are", async () => {
    const dir = await mkdtemp(join(tmpdir(), "portolan-files-"));
    closing.push(() => rm(dir, { recursive: true, force: true }));
    await writeFile(join(dir, "shop.yaml"), ingressYaml("shop..example.org"));
    const options = {
      from: dir,
      listen: { host: "127.0.0.1", port: 0 },
      location: null,
      geoip: null,
      trustedProxies: [],
      trustedHops: 0,
      trustedHeader: null,
      locationHeaders: null,
      admin: null,
      allowPrivateOrigins: false,
      debugToken: null,
      hopKeys: null,
    };
    await expect(startFilesEdge(options, { out: () => undefined, err: () => undefined })).rejects.toThrow(
      /shop\.yaml:6:13 {2}error/,
    );
  });
});
