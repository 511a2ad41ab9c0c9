import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { startFilesEdge } from "../../workers/files-edge.ts";
import { eventually } from "./until.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function origin(name: string): Promise<{ port: number; server: Server }> {
  const server = createServer((_request, response) => response.end(name));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { port: (server.address() as AddressInfo).port, server };
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

const shop = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  annotations: { portolan.dev/affinity: cookie, portolan.dev/affinity-ttl: 1h }
spec:
  rules:
    - host: shop.example.org
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: shop, port: { number: 80 } } } }] }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: closed
  annotations: { portolan.dev/maintenance: "503", portolan.dev/maintenance-retry-after: 10m, portolan.dev/maintenance-body: back at six }
spec:
  rules:
    - host: closed.example.org
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: shop, port: { number: 80 } } } }] }
`;

interface Answer {
  readonly text: string;
  readonly setCookie: string | null;
  readonly retryAfter: string | undefined;
}

async function ask(url: string, host: string, cookie: string | null): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    request(url, { headers: { host, ...(cookie === null ? {} : { cookie }) } }, (response) => {
      let text = "";
      response.on("data", (chunk) => (text += String(chunk)));
      response.on("end", () =>
        resolve({
          text: `${response.statusCode} ${text.trim()}`,
          setCookie: response.headers["set-cookie"]?.[0]?.split(";", 1)[0] ?? null,
          retryAfter: response.headers["retry-after"],
        }),
      );
    })
      .on("error", reject)
      .end();
  });
}

async function world() {
  const dir = await mkdtemp(join(tmpdir(), "portolan-affinity-"));
  closing.push(() => rm(dir, { recursive: true, force: true }));
  const origins = { us: await origin("us"), eu: await origin("eu") };
  for (const [name, region] of [
    ["us", "us-east1"],
    ["eu", "europe-west1"],
  ] as const) {
    await mkdir(join(dir, name));
    await writeFile(join(dir, `${name}.yaml`), clusterYaml(name, region));
    await writeFile(join(dir, name, "shop.yaml"), held(origins[name].port));
  }
  await writeFile(join(dir, "shop.yaml"), shop);
  const edge = await startFilesEdge(
    {
      from: dir,
      listen: { host: "127.0.0.1", port: 0 },
      location: { latitude: 50.1, longitude: 8.7 },
      geoip: null,
      locationHeaders: null,
      trustedProxies: [],
      trustedHops: 0,
      trustedHeader: null,
      hopKeys: null,
      admin: null,
      debugToken: null,
      allowPrivateOrigins: true,
    },
    { out: () => undefined, err: () => undefined },
  );
  closing.push(edge.close);
  return { dir, url: /http:\S+/.exec(edge.banner.join("\n"))?.[0] ?? "", origins };
}

it("a client keeps its cluster by a signed cookie; a broken pin moves once and stays", async () => {
  const { dir, url, origins } = await world();
  const first = await ask(url, "shop.example.org", null);
  expect(first).toMatchObject({ text: "200 eu", setCookie: expect.stringMatching(/^__Host-portolan-/) });
  expect(await ask(url, "shop.example.org", first.setCookie)).toMatchObject({ text: "200 eu", setCookie: null });

  const forged = first.setCookie?.replace(".eu.", ".us.") ?? "";
  expect((await ask(url, "shop.example.org", forged)).text).toBe("200 eu");

  // The pinned origin dies in the middle: the same request is answered by the other, whose pin the client gets.
  origins.eu.server.close();
  origins.eu.server.closeAllConnections();
  const moved = await ask(url, "shop.example.org", first.setCookie);
  expect(moved).toMatchObject({ text: "200 us", setCookie: expect.stringContaining(".us.") });

  // Another server takes the dead one's place: new clients go there, the moved one stays where it is.
  const again = await origin("eu again");
  await writeFile(join(dir, "eu", "shop.yaml"), held(again.port));
  await eventually(
    async () => (await ask(url, "shop.example.org", null)).text,
    (text) => text === "200 eu again",
  );
  expect(await ask(url, "shop.example.org", moved.setCookie)).toMatchObject({ text: "200 us", setCookie: null });
});

it("a host under maintenance answers for itself", async () => {
  const { url } = await world();
  expect(await ask(url, "closed.example.org", null)).toEqual({
    text: "503 back at six",
    setCookie: null,
    retryAfter: "600",
  });
});
