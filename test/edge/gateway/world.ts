/** A real gateway between a real edge and real pods, all on loopback; what goes between edge and gateway is recorded. */
import { randomBytes } from "node:crypto";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { startFilesEdge } from "../../../workers/files-edge.ts";
import { type RunningGateway, startGateway } from "../../../workers/gateway.ts";
import type { GatewayOptions } from "../../../src/cli/deps.ts";
import { edgeOptions, temporaryFolder, urlOf } from "../../build/files-edge.ts";
import { listenerOf } from "../../build/listener.ts";
import { eventually } from "../../scenarios/until.ts";

export const HOST = "shop.example.org";

export interface PodAt {
  readonly port: number;
  readonly ready?: boolean;
  readonly zone?: string;
}

export interface LogLine {
  readonly status: number;
  readonly code: string;
  readonly attempts: readonly object[];
}

export interface GatewayWorld {
  readonly dir: string;
  readonly gateway: RunningGateway;
  /** The access log of the gateway once it has so many lines. */
  lines(count: number): Promise<readonly LogLine[]>;
  /** What it told operators. */
  readonly messages: string[];
  readonly keyFile: string;
  /** Resolves when the gateway knows the ready ones. */
  setPods(pods: readonly PodAt[]): Promise<void>;
  metrics(): string;
  refused(reason: string): number;
}

export const LINES: Readonly<Record<"a" | "b", string>> = {
  a: `a ${randomBytes(32).toString("base64")}\n`,
  b: `b ${randomBytes(32).toString("base64")}\n`,
};

/** A Service `shop/web` with the port 80, named http. */
export const SERVICE: string = `apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { ports: [{ name: http, port: 80 }] }
`;

/** A slice with one pod of it. */
export const slice = ({ port, ready = true, zone }: PodAt, index: number): string => `---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: web-${index}, namespace: shop, labels: { kubernetes.io/service-name: web } }
addressType: IPv4
ports: [{ name: http, port: ${port} }]
endpoints: [{ addresses: [127.0.0.1], conditions: { ready: ${ready} }${zone === undefined ? "" : `, zone: ${zone}`} }]
`;

/** Puts a file in place as a whole, as editors and mounted Secrets do. */
export async function replaceFile(path: string, text: string): Promise<void> {
  await writeFile(`${path}.next`, text);
  await rename(`${path}.next`, path);
}

/** Starts a gateway; everything that is opened is closed by `closing`, the last one first. */
export async function startGatewayWorld(
  pods: readonly PodAt[],
  closing: (() => unknown)[],
  more: Partial<GatewayOptions> = {},
): Promise<GatewayWorld> {
  const dir = await temporaryFolder(closing);
  const keyFile = join(dir, "keys");
  const path = join(dir, "pods", "web.yaml");
  const text = (list: readonly PodAt[]) => SERVICE + list.map(slice).join("");
  await mkdir(join(dir, "pods"));
  await writeFile(path, text(pods));
  await writeFile(keyFile, LINES.a);
  const [log, messages]: [string[], string[]] = [[], []];
  const gateway = await startGateway(
    {
      listener: listenerOf(),
      listen: { host: "127.0.0.1", port: 0 },
      from: { directory: join(dir, "pods") },
      hopKeys: keyFile,
      zone: null,
      admin: null,
      allowPrivateOrigins: true,
      drainDelayMs: 0,
      ...more,
    },
    { out: (text) => void log.push(...text.trimEnd().split("\n")), err: (line) => void messages.push(line) },
  );
  closing.push(gateway.close);
  return {
    dir,
    gateway,
    messages,
    async lines(count) {
      const all = await eventually(
        () => Promise.resolve(log),
        ({ length }) => length >= count,
      );
      return all.map((line) => JSON.parse(line) as LogLine);
    },
    keyFile,
    async setPods(list) {
      await replaceFile(path, text(list));
      const wanted = new Set(list.flatMap(({ port, ready = true }) => (ready ? [port] : [])));
      await eventually(
        () => Promise.resolve(gateway.gateway.pods().get("shop/web/80") ?? []),
        (known) => known.length === wanted.size && known.every(({ origin }) => wanted.has(origin.port)),
      );
    },
    metrics: () => gateway.gateway.metricsText(),
    refused: (reason) =>
      Number(new RegExp(`refused_total\\{reason="${reason}"\\} (\\d+)`).exec(gateway.gateway.metricsText())?.[1]),
  };
}

/** An edge whose only cluster is behind the signed gateway on that port. */
export async function startEdgeFor(
  port: number,
  closing: (() => unknown)[],
  more: { readonly keys?: string; readonly host?: string } = {},
): Promise<{ readonly url: string; readonly keyFile: string }> {
  const dir = await temporaryFolder(closing);
  const keyFile = join(dir, "keys");
  await mkdir(join(dir, "config", "local"), { recursive: true });
  await writeFile(keyFile, more.keys ?? LINES.a);
  await writeFile(join(dir, "config", "local", "web.yaml"), SERVICE);
  await writeFile(join(dir, "config", "all.yaml"), config(port, more.host ?? HOST));
  const edge = await startFilesEdge(edgeOptions(join(dir, "config"), { hopKeys: keyFile }), {
    out: () => undefined,
    err: () => undefined,
  });
  closing.push(edge.close);
  return { url: urlOf(edge), keyFile };
}

const config = (port: number, host: string) => `apiVersion: portolan.dev/v1alpha1
kind: Cluster
metadata: { name: local }
spec:
  location: { latitude: 50.1, longitude: 8.7 }
  gateway: { connectHost: 127.0.0.1, port: ${port}, protocol: http, signed: true }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web, namespace: shop }
spec:
  rules:
    - host: ${host}
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { name: http } } } }] }
`;

export interface Recorder {
  readonly port: number;
  /** What edges sent, by connection (latin1). */
  readonly sent: string[];
}

/** Passes bytes on to a port and remembers those of the client. */
export async function startRecorder(to: string, closing: (() => unknown)[]): Promise<Recorder> {
  const sockets = new Set<Socket>();
  const sent: string[] = [];
  const server = createServer((client) => {
    const index = sent.push("") - 1;
    const far = connect(Number(new URL(to).port), "127.0.0.1");
    for (const socket of [client, far]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
    }
    client.on("data", (bytes) => (sent[index] += bytes.toString("latin1")));
    client.pipe(far).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  closing.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { port: (server.address() as AddressInfo).port, sent };
}
