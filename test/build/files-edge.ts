/** `portolan edge --from DIR` in tests: two clusters with real origins in a folder of their own. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EdgeOptions, Running } from "../../src/cli/deps.ts";
import { startFilesEdge } from "../../workers/files-edge.ts";
import { listenerOf } from "./listener.ts";

/** What is to be closed at the end, the last one first. */
export type Closing = (() => unknown)[];

export async function temporaryFolder(closing: Closing): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "portolan-test-"));
  closing.push(() => rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));
  return dir;
}

/** An edge on loopback that trusts nobody and has nothing but its folder. */
export function edgeOptions(from: string, more: Partial<EdgeOptions> = {}): EdgeOptions {
  return {
    listener: listenerOf(),
    plainListen: null,
    processes: 0,
    httpsPort: null,
    from,
    listen: { host: "127.0.0.1", port: 0 },
    location: null,
    geoip: null,
    trustedProxies: [],
    trustedHops: 0,
    trustedHeader: null,
    locationHeaders: null,
    admin: null,
    allowPrivateOrigins: true,
    debugToken: null,
    hopKeys: null,
    originCertificate: null,
    dns: null,
    ...more,
  };
}

/** Where the edge listens, as its banner says. */
export function urlOf(edge: Running): string {
  return /https?:\S+/.exec(edge.banner.join("\n"))?.[0] ?? "";
}

/** An origin that answers with its name. */
export async function namedOrigin(name: string, closing: Closing): Promise<{ port: number; server: Server }> {
  const server = createServer((_request, response) => response.end(name));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { port: (server.address() as AddressInfo).port, server };
}

/** Service `shop` with one ready endpoint. */
export function shopYaml(port: number): string {
  return `apiVersion: v1
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
}

export function clusterYaml(name: string, region: string): string {
  return `apiVersion: portolan.dev/v1alpha1
kind: Cluster
metadata: { name: ${name} }
spec: { provider: gcp, region: ${region} }
`;
}

export interface TwoClusters {
  readonly dir: string;
  readonly edge: Running;
  readonly url: string;
  readonly messages: readonly string[];
  readonly origins: { readonly us: Server; readonly eu: Server };
}

/** An edge in Frankfurt over the clusters `us` and `eu`, both with `shop`; `ingresses` is the folder's `shop.yaml`. */
export async function twoClusters(ingresses: string, closing: Closing): Promise<TwoClusters> {
  const dir = await temporaryFolder(closing);
  const cluster = async (name: string, region: string): Promise<Server> => {
    const { port, server } = await namedOrigin(name, closing);
    await mkdir(join(dir, name));
    await writeFile(join(dir, `${name}.yaml`), clusterYaml(name, region));
    await writeFile(join(dir, name, "shop.yaml"), shopYaml(port));
    return server;
  };
  const origins = { us: await cluster("us", "us-east1"), eu: await cluster("eu", "europe-west1") };
  await writeFile(join(dir, "shop.yaml"), ingresses);
  const messages: string[] = [];
  const options = edgeOptions(dir, { location: { latitude: 50.1, longitude: 8.7 } });
  const edge = await startFilesEdge(options, { out: () => undefined, err: (text) => void messages.push(text) });
  closing.push(edge.close);
  return { dir, edge, url: urlOf(edge), messages, origins };
}
