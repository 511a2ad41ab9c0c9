/** Three real clusters with backends, a control function over them and edges in two places. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Running } from "../../../src/cli/deps.ts";
import { distanceKm, priorUs } from "../../../src/core/geo/distance.ts";
import { regionPoint } from "../../../src/core/geo/regions/regions.ts";
import { startControl } from "../../../workers/control.ts";
import { makeKeys } from "../../../workers/key-files.ts";
import { startStoreEdge } from "../../../workers/store-edge.ts";
import { storeEdgeOptions } from "../../build/store-edge.ts";
import { ask } from "../../scenarios/ask.ts";
import { INGRESS_CLASS, create, startBackends } from "./backend.ts";
import { type RealClusters, startClusters } from "./clusters.ts";

export const CLUSTERS = ["us-east1", "europe-west1", "asia-east1"] as const;

const PLACES = { frankfurt: { latitude: 50.1, longitude: 8.7 }, "new-york": { latitude: 40.7, longitude: -74 } };

export interface RealWorld {
  readonly real: RealClusters;
  /** Folder of `portolan.yaml`, its keys and its store. */
  readonly dir: string;
  readonly file: string;
  readonly said: string[];
  control(): Promise<Running>;
  edge(place: keyof typeof PLACES, store: string): Promise<Running>;
  close(): Promise<void>;
}

/** Starts the clusters; each has our IngressClass and answers with its name on its data addresses. */
export async function startWorld(names: readonly string[] = CLUSTERS): Promise<RealWorld> {
  const real = await startClusters(names);
  const backends = await Promise.all(real.clusters.map(startBackends));
  await Promise.all(real.clusters.map((cluster) => create(cluster, [INGRESS_CLASS])));
  const dir = join(real.folder, "control");
  await makeKeys(join(dir, "keys"), "k1");
  await writeFile(join(dir, "keys", "edge-token"), "0123456789abcdef0123456789abcdef");
  await mkdir(dir, { recursive: true });
  const file = join(dir, "portolan.yaml");
  await writeFile(file, portolanYaml(names, real.kubeconfig));
  const said: string[] = [];
  return {
    real,
    dir,
    file,
    said,
    control: () => startControl({ file }, { out: () => undefined, err: (text) => void said.push(text) }),
    edge(place, store) {
      const tokenFile = store.startsWith("http") ? join(dir, "keys", "edge-token") : null;
      const options = storeEdgeOptions(join(dir, "keys"), { store, name: place, tokenFile, location: PLACES[place] });
      const deps = { out: () => undefined, err: () => undefined };
      return startStoreEdge(options, deps, { probeIntervalMs: 500, missingWayUs: (cluster) => wayUs(place, cluster) });
    },
    async close() {
      await Promise.all(backends.map((one) => one.kill()));
      await real.close();
    },
  };
}

/** On one machine every cluster is equally near: the way that its bytes would travel. */
function wayUs(place: keyof typeof PLACES, cluster: string): number {
  const region = regionPoint("gcp", cluster);
  return region === null ? 0 : priorUs(distanceKm(PLACES[place], region));
}

function portolanYaml(names: readonly string[], kubeconfig: string): string {
  const serve = '{ listen: "127.0.0.1:0", tokenFile: keys/edge-token }';
  const control = `apiVersion: portolan.dev/v1alpha1
kind: Control
metadata: { name: control }
spec:
  kubeconfig: [${kubeconfig}]
  store: { file: state }
  signingKey: keys/signing.jwk
  serve: ${serve}
  admin: "127.0.0.1:0"
  allowPrivateOrigins: true
`;
  const clusters = names.map(
    (name) =>
      `---\napiVersion: portolan.dev/v1alpha1\nkind: Cluster\nmetadata: { name: ${name} }\nspec: { provider: gcp, region: ${name}, access: { context: ${name} } }\n`,
  );
  // Who tries a failure wants to see the way back at once: no share that grows for a minute and a half.
  const quick = `---
apiVersion: portolan.dev/v1alpha1
kind: TrafficPolicy
metadata: { name: quick-return }
spec: { steering: { slowStart: { window: 0s } } }
`;
  return control + clusters.join("") + quick;
}

/** Where a running part listens, by the first word of its banner. */
export function address(running: Running, word: string): string {
  return new RegExp(`^${word} +(http\\S+)$`, "m").exec(running.banner.join("\n"))?.[1] ?? "";
}

/** The zone that answers for a host, or what was answered instead. */
export async function zoneOf(edge: Running, host: string): Promise<string> {
  const answer = await ask(address(edge, "edge"), host).catch(String);
  return /"zone":"([^"]*)"/.exec(answer)?.[1] ?? answer;
}

export interface Status {
  readonly clusters: readonly { cluster: string; api: string; data: string; apiCause: string | null }[];
  readonly problems: readonly { reason: string; object: string; cluster: string | null }[];
  readonly withheld: readonly { host: string }[];
  readonly snapshot: { generation: number; hosts: number } | null;
}

export async function statusOf(control: Running): Promise<Status> {
  return (await (await fetch(`${address(control, "admin")}/status`)).json()) as Status;
}
