/** A pretended cluster whose Ingress names a Secret, control that seals it, and edges that open it, for tests. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import type { Running, StoreEdgeOptions } from "../../src/cli/deps.ts";
import { apiResources, type ApiResource } from "../../src/cli/sim/api-resources.ts";
import { type SimCluster, startSimCluster } from "../../src/cli/sim/cluster.ts";
import { parseManifests } from "../../src/kube/yaml.ts";
import { startControl } from "../../workers/control.ts";
import { makeEdgeKey } from "../../workers/edge-key-files.ts";
import { makeKeys } from "../../workers/key-files.ts";
import { startStoreEdge } from "../../workers/store-edge.ts";
import { type Closing, temporaryFolder } from "./files-edge.ts";
import { storeEdgeOptions } from "./store-edge.ts";
import { listenerOf } from "./listener.ts";

export const TOKEN = "0123456789abcdef0123456789abcdef";

const SERVICE = `apiVersion: v1
kind: Service
metadata: { name: shop, namespace: shop }
spec: { selector: { app: shop }, ports: [{ port: 80, targetPort: 8080 }] }
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: { name: portolan }
spec: { controller: portolan.dev/edge }
`;

/** An Ingress of ours for one host, with a Secret or without. */
export function ingress(name: string, host: string, tls: object | null, namespace = "shop"): object {
  const backend = { service: { name: "shop", port: { number: 80 } } };
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name, namespace },
    spec: {
      ingressClassName: "portolan",
      ...(tls === null ? {} : { tls: [tls] }),
      rules: [{ host, http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }],
    },
  };
}

/** As `kubectl create secret tls` makes it. */
export function tlsSecret(name: string, { cert, key }: { cert: string; key: string }, namespace = "shop"): object {
  const data = { "tls.crt": Buffer.from(cert).toString("base64"), "tls.key": Buffer.from(key).toString("base64") };
  return { apiVersion: "v1", kind: "Secret", type: "kubernetes.io/tls", metadata: { name, namespace }, data };
}

export interface TlsWorld {
  readonly dir: string;
  readonly file: string;
  readonly cluster: SimCluster;
  /** What control and edges said. */
  readonly said: string[];
  put(object: object): void;
  remove(kind: string, namespace: string, name: string): void;
  control(): Promise<Running>;
  edge(store: StoreEdgeOptions["store"], more?: Partial<StoreEdgeOptions>, keys?: readonly string[]): Promise<Running>;
}

/** One cluster `eu`, a `portolan.yaml` that seals for `edge-public.json`, and no Ingress yet. */
export async function tlsWorld(closing: Closing, more = ""): Promise<TlsWorld> {
  const dir = await temporaryFolder(closing);
  const manifests = parseManifests(SERVICE, "eu").documents.map(({ value }) => value);
  const cluster = await startSimCluster({ name: "eu", zone: "eu-a", backends: 1, manifests });
  closing.push(cluster.close);
  await makeKeys(join(dir, "keys"), "k1");
  await makeEdgeKey(join(dir, "keys"), "edge-1");
  await writeFile(join(dir, "keys", "edge-token"), TOKEN);
  const file = join(dir, "portolan.yaml");
  await writeFile(
    file,
    `apiVersion: portolan.dev/v1alpha1
kind: Control
metadata: { name: control }
spec:
  kubeconfig: [clusters.kubeconfig]
  store: { file: state }
  signingKey: keys/signing.jwk
  allowPrivateOrigins: true
  interval: 200ms
  serve: { listen: "127.0.0.1:0", tokenFile: keys/edge-token }
  admin: "127.0.0.1:0"
  tlsSecrets: { recipients: [keys/edge-public.json], interval: 1s }
${more}---
apiVersion: portolan.dev/v1alpha1
kind: Cluster
metadata: { name: eu }
spec: { provider: gcp, region: europe-west1, access: { context: eu } }
`,
  );
  const config = {
    clusters: [{ name: "eu", cluster: { server: cluster.addresses.apiUrl } }],
    contexts: [{ name: "eu", context: { cluster: "eu" } }],
  };
  await writeFile(join(dir, "clusters.kubeconfig"), JSON.stringify(config));
  const said: string[] = [];
  const deps = { out: () => undefined, err: (text: string) => void said.push(text) };
  return {
    dir,
    file,
    cluster,
    said,
    put(object) {
      const resource = resourceOf(String("kind" in object && object.kind));
      const given = object as Parameters<SimCluster["store"]["create"]>[1];
      if (!cluster.store.create(resource, given).ok) cluster.store.update(resource, given);
    },
    remove: (kind, namespace, name) => void cluster.store.delete(resourceOf(kind), namespace, name),
    async control() {
      const running = await startControl({ file }, deps);
      closing.push(running.close);
      return running;
    },
    async edge(store, edgeMore = {}, keys = [join(dir, "keys", "edge.jwk")]) {
      const listener = listenerOf([], false, keys);
      const options = storeEdgeOptions(join(dir, "keys"), { listener, store, ...edgeMore });
      const edge = await startStoreEdge(options, deps);
      closing.push(edge.close);
      return edge;
    },
  };
}

function resourceOf(kind: string): ApiResource {
  const found = apiResources.find((one) => one.kind === kind);
  if (found === undefined) throw new RangeError(`Cannot find the kind ${kind}`);
  return found;
}

/** Where a running part listens, by the first word of its banner. */
export function address(running: Pick<Running, "banner">, word: string): string {
  return new RegExp(`^${word} +(https?://\\S+)$`, "m").exec(running.banner.join("\n"))?.[1] ?? "";
}

/** A connection that shows the name and believes this certificate alone; rejects when the handshake fails. */
export async function handshake(edge: Pick<Running, "banner">, servername: string, ca: string): Promise<TLSSocket> {
  const port = Number(new URL(address(edge, "edge")).port);
  const socket = connect({ host: "127.0.0.1", port, servername, ca });
  await new Promise<void>((resolve, reject) => socket.once("secureConnect", () => resolve()).once("error", reject));
  return socket;
}

/** One request on a connection that goes on; the status line. */
export async function askOn(socket: TLSSocket, host: string): Promise<string> {
  socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  return await new Promise((resolve, reject) => {
    socket.once("data", (bytes: Buffer) => resolve(bytes.toString("latin1").split("\r\n", 1)[0] ?? ""));
    socket.once("close", () => reject(new Error("the connection was closed")));
  });
}

/** What a new handshake comes to: `ok`, or why not. */
export async function shows(edge: Pick<Running, "banner">, servername: string, ca: string): Promise<string> {
  return await handshake(edge, servername, ca).then(
    (socket) => {
      socket.destroy();
      return "ok";
    },
    (error: unknown) => String(error),
  );
}
