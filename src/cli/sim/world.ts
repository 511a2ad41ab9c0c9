/** The pretend world of `portolan up`: three clusters of one provider, and clients in documentation address ranges. */
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type SimClusterProcess, startSimClusterProcess } from "./cluster-process.ts";
import { NO_TROUBLE, type SimClusterAddresses, type Trouble } from "./messages.ts";

export const SIM_CLUSTERS = [
  { name: "us-east1", zone: "us-east1-b" },
  { name: "europe-west1", zone: "europe-west1-b" },
  { name: "asia-east1", zone: "asia-east1-a" },
] as const;

/** What stands for clients: RFC 5737 and RFC 3849 ranges, each given a city. */
export const SIM_CLIENTS = [
  {
    cidr: "192.0.2.0/24",
    city: "New York",
    country: "US",
    subdivision: "NY",
    latitude: 40.7,
    longitude: -74,
    zone: "America/New_York",
  },
  {
    cidr: "198.51.100.0/24",
    city: "Frankfurt",
    country: "DE",
    subdivision: "HE",
    latitude: 50.1,
    longitude: 8.7,
    zone: "Europe/Berlin",
  },
  {
    cidr: "203.0.113.0/24",
    city: "Tokyo",
    country: "JP",
    subdivision: "13",
    latitude: 35.7,
    longitude: 139.7,
    zone: "Asia/Tokyo",
  },
  {
    cidr: "2001:db8::/32",
    city: "London",
    country: "GB",
    subdivision: "ENG",
    latitude: 51.5,
    longitude: -0.1,
    zone: "Europe/London",
  },
] as const;

export interface SimWorld {
  readonly clusters: ReadonlyMap<string, SimClusterAddresses>;
  /** Each resolves to a sentence about what was done; RangeError for an unknown cluster. */
  kill(cluster: string): Promise<string>;
  heal(cluster: string): Promise<string>;
  drain(cluster: string): Promise<string>;
  partitionApi(cluster: string): Promise<string>;
  /** The answers of its backends leave that much later. */
  latency(cluster: string, ms: number): Promise<string>;
  /** Anything that can be wrong with backends. */
  trouble(cluster: string, trouble: Trouble, name: string): Promise<string>;
  close(): Promise<void>;
}

export interface SimWorldOptions {
  /** Folder that becomes the config source: the Cluster objects are written there. */
  readonly configDir: string;
  readonly manifestsFor: (cluster: string) => readonly unknown[];
  readonly backendsPerCluster: number;
}

/** Starts one process per cluster. */
export async function startSimWorld(options: SimWorldOptions): Promise<SimWorld> {
  const processes = new Map<string, SimClusterProcess>();
  const addresses = new Map<string, SimClusterAddresses>();
  const start = async (name: string, zone: string) => {
    const known = addresses.get(name);
    const process = await startSimClusterProcess({
      name,
      zone,
      backends: options.backendsPerCluster,
      manifests: options.manifestsFor(name),
      ...(known === undefined ? {} : { apiPort: known.apiPort, backendPorts: known.backendPorts }),
    });
    processes.set(name, process);
    addresses.set(name, process.addresses);
  };
  const writeCluster = async (name: string, zone: string, weight: number) =>
    await writeFile(join(options.configDir, `cluster-${name}.yaml`), clusterYaml(name, zone, weight));
  const find = (name: string) => {
    const found = SIM_CLUSTERS.find((cluster) => cluster.name === name);
    if (found !== undefined) return found;
    throw new RangeError(
      `Cannot find the cluster "${name}": the pretend world has ${SIM_CLUSTERS.map((one) => one.name).join(", ")}`,
    );
  };
  await Promise.all(SIM_CLUSTERS.flatMap(({ name, zone }) => [start(name, zone), writeCluster(name, zone, 100)]));
  const dead = new Set<string>();
  return {
    clusters: addresses,
    async kill(name) {
      find(name);
      if (dead.has(name)) return `${name} is dead already`;
      dead.add(name);
      await processes.get(name)?.kill();
      return `${name} is dead: its API and its backends are gone`;
    },
    async heal(name) {
      const { zone } = find(name);
      if (dead.delete(name)) await start(name, zone);
      else await processes.get(name)?.partitionApi(false);
      await processes.get(name)?.setTrouble(NO_TROUBLE);
      await writeCluster(name, zone, 100);
      return `${name} is healed`;
    },
    async drain(name) {
      const { zone } = find(name);
      await writeCluster(name, zone, 0);
      return `${name} is drained: its weight is 0`;
    },
    async partitionApi(name) {
      find(name);
      if (dead.has(name)) return `${name} is dead, so is its API`;
      await processes.get(name)?.partitionApi(true);
      return `${name} is partitioned: its API does not answer, its backends go on`;
    },
    async latency(name, ms) {
      find(name);
      if (dead.has(name)) return `${name} is dead: nothing can be delayed`;
      await processes.get(name)?.setTrouble({ ...NO_TROUBLE, latencyMs: ms });
      return ms === 0 ? `${name} answers at once again` : `${name} is ${ms} ms farther away: its bytes are held back`;
    },
    async trouble(name, trouble, word) {
      find(name);
      if (dead.has(name)) return `${name} is dead: it is beyond any other trouble`;
      await processes.get(name)?.setTrouble(trouble);
      return `the backends of ${name} are in trouble: ${word}`;
    },
    async close() {
      await Promise.all([...processes.values()].map((process) => process.kill()));
      await rm(options.configDir, { recursive: true, force: true });
    },
  };
}

/** The Cluster object as a person would write it. */
function clusterYaml(name: string, zone: string, weight: number): string {
  return `apiVersion: portolan.dev/v1alpha1
kind: Cluster
metadata: { name: ${name} }
spec:
  provider: gcp
  region: ${name}
  zone: ${zone}
  weight: ${weight}
`;
}

/** Text of an example file beside the project's source. */
export async function exampleText(name: string): Promise<string> {
  return await readFile(join(import.meta.dirname, "../../../examples/k8shserver", name), "utf8");
}
