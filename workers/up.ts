/** `portolan up`: pretend clusters, control and edges on this machine, joined by a signed store in memory. */
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CliDeps, Running, UpOptions } from "../src/cli/deps.ts";
import { TROUBLES } from "../src/cli/sim/messages.ts";
import { exampleText, SIM_CLIENTS, SIM_CLUSTERS, type SimWorld, startSimWorld } from "../src/cli/sim/world.ts";
import { type RunningControl, runControl } from "../src/control/control.ts";
import { distanceKm, priorUs } from "../src/core/geo/distance.ts";
import { regionPoint } from "../src/core/geo/regions/regions.ts";
import type { AdminAction } from "../src/api/admin.ts";
import type { HealthEvent } from "../src/core/health/model.ts";
import type { GeoPoint } from "../src/core/model.ts";
import { newTap, tapFilter } from "../src/edge/tap.ts";
import { mergeMetrics } from "../src/edge/merge-metrics.ts";
import { generatePinKeys } from "../src/edge/pin.ts";
import { apiReader } from "../src/kube/api-reader.ts";
import { directoryReaders } from "../src/kube/directory.ts";
import type { ObjectReader } from "../src/kube/reader.ts";
import { parseManifests } from "../src/kube/yaml.ts";
import { maxmindLocator } from "../src/locate/maxmind.ts";
import { writeMmdb } from "../src/locate/mmdb-writer.ts";
import { memoryStore } from "../src/store/memory.ts";
import { sha256HexOnNode } from "../src/store/sha256-node.ts";
import { generateSigningKeys, manifestSigner, manifestVerifier } from "../src/store/signature.ts";
import { openDns, portFailure } from "./files-edge.ts";
import { startAdmin } from "./node-admin.ts";
import { edgeStore, type NodeEdge, startNodeEdge } from "./node-edge.ts";
import { orderActions } from "./order-actions.ts";
import { resourcesOf, statusOf } from "./status.ts";
import { upBanner } from "./up-banner.ts";

const AUDIENCE = "up";
const KEY_ID = "up-1";
const HOST = "127.0.0.1";

/** The edges, in the order of their ports. The last one does not know its own place. */
export const UP_EDGES: readonly { readonly name: string; readonly location: GeoPoint | null }[] = [
  { name: "new-york", location: { latitude: 40.7, longitude: -74 } },
  { name: "frankfurt", location: { latitude: 50.1, longitude: 8.7 } },
  { name: "tokyo", location: { latitude: 35.7, longitude: 139.7 } },
  { name: "anywhere", location: null },
];

const QUICK_RETURN = `apiVersion: portolan.dev/v1alpha1
kind: TrafficPolicy
metadata: { name: quick-return }
spec: { steering: { slowStart: { window: 0s } } }
`;

/** Starts everything; what was started is stopped again when something cannot start. */
export async function startUp(options: UpOptions, deps: Pick<CliDeps, "out" | "err">): Promise<Running> {
  const startedMs = Date.now();
  const running: { close(): unknown }[] = [];
  const close = async () => {
    for (const part of running.reverse()) await part.close();
    running.length = 0;
  };
  const keep = <T extends { close(): unknown }>(part: T): T => {
    running.push(part);
    return part;
  };
  try {
    const configDir = await mkdtemp(join(tmpdir(), "portolan-up-"));
    const world = keep(await startWorld(configDir));
    const config = keep(await directoryReaders(configDir));
    const readers = [...world.clusters].map(([cluster, { apiUrl }]) => keep(clusterReader(cluster, apiUrl)));
    await Promise.all(readers.map((reader) => reader.start()));
    const keys = await generateSigningKeys();
    const verify = manifestVerifier(new Map([[KEY_ID, keys.publicKey]]));
    const store = memoryStore();
    let note = (_event: HealthEvent): void => undefined;
    const dns = await openDns(
      options.dns,
      { orders: store, onEvent: (event) => note(event), log: (line) => deps.err(`${line}\n`) },
      keep,
    );
    const control = keep(
      await runControl(
        {
          store,
          config: config.config,
          clusters: () => readers,
          digest: sha256HexOnNode,
          sign: manifestSigner(KEY_ID, keys.privateKey),
          verify,
          now: Date.now,
        },
        {
          audience: AUDIENCE,
          allowPrivateOrigins: true,
          debounceMs: 10,
          intervalMs: 250,
          onResult: (result) => dns?.offer(result),
          onError: (error) => deps.err(`Cannot reconcile: ${String(error)}\n`),
        },
      ),
    );
    note = control.note;
    const locator = keep(await clientDatabase(configDir));
    const pinKeys = await generatePinKeys();
    const edges: NodeEdge[] = [];
    const tap = newTap(Date.now);
    for (const [index, { name, location }] of UP_EDGES.entries()) {
      const listen = { host: HOST, port: options.port === 0 ? 0 : options.port + 1 + index };
      const edge = await startNodeEdge(
        {
          name,
          listen,
          location,
          trustedProxies: location === null ? [`${HOST}/32`] : [],
          trustedHops: 0,
          trustedHeader: null,
          locationHeaders: null,
          debugToken: null,
          audience: AUDIENCE,
          allowPrivateOrigins: true,
          pollIntervalMs: 100,
          probeIntervalMs: 500,
          missingWayUs: (cluster) => missingWayUs(location, cluster),
        },
        { store: edgeStore(store), verify, locator, pinKeys, accessLog: null, log: () => undefined, tap },
      ).catch((error: unknown) => portFailure(error, "portolan up --port", listen));
      edges.push(keep(edge));
    }
    const adminListen = { host: HOST, port: options.port === 0 ? 0 : options.port + 80 };
    const admin = keep(
      await startAdmin(adminListen, {
        metricsText() {
          const each = edges.map(({ edge }) => ({ edge: edge.state.name, text: edge.metricsText() }));
          return `${mergeMetrics(each)}${dns?.metricsText() ?? ""}`;
        },
        notReady: () => edges.map(({ edge }) => edge.notReady()).find((reason) => reason !== null) ?? null,
        status: () => statusOf(store, control.last(), dns),
        resources: () => resourcesOf(store, control.last(), [{ ip: HOST, hostname: null }]),
        events: () => Promise.resolve(control.last()?.overlay?.events ?? []),
        tap: (query) => tap.listen(tapFilter(query)),
        actions: new Map([...simActions(world), ...orderActions(store, control, () => dns?.status() ?? [])]),
      }).catch((error: unknown) => portFailure(error, "portolan up --port", adminListen)),
    );
    const banner = upBanner({
      world,
      edges,
      admin: admin.url,
      configDir,
      control: settled(control),
      elapsedMs: Date.now() - startedMs,
    });
    return { banner, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startWorld(configDir: string): Promise<SimWorld> {
  // People who try a failure want to see the way back at once: no share that grows for a minute and a half.
  await writeFile(join(configDir, "traffic-policy.yaml"), QUICK_RETURN);
  const plain = async (name: string) =>
    parseManifests(await exampleText(name), name).documents.map((document) => document.value);
  const [service, old, current] = await Promise.all(
    ["service.yaml", "ingress-v1beta1.yaml", "ingress.yaml"].map(plain),
  );
  // The same Ingress in both spellings: as the article has it in one cluster, as it is written today in the others.
  return await startSimWorld({
    configDir,
    backendsPerCluster: 2,
    manifestsFor: (cluster) => [...(service ?? []), ...((cluster === SIM_CLUSTERS[0].name ? old : current) ?? [])],
  });
}

function clusterReader(cluster: string, server: string): ObjectReader {
  return apiReader(
    { cluster, server },
    { claimClassless: true, livenessIntervalMs: 150, livenessFailures: 2, backoff: { baseMs: 50, capMs: 300 } },
  );
}

async function clientDatabase(folder: string) {
  const networks = SIM_CLIENTS.map(({ cidr, city, country, subdivision, latitude, longitude, zone }) => ({
    cidr,
    value: {
      city: { names: { en: city } },
      country: { iso_code: country },
      location: { latitude, longitude, accuracy_radius: 20, time_zone: zone },
      subdivisions: [{ iso_code: subdivision }],
    },
  }));
  const path = join(folder, "clients.mmdb");
  const bytes = writeMmdb({
    databaseType: "Portolan-Documentation-City",
    ipVersion: 6,
    buildEpoch: Math.floor(Date.now() / 1000),
    networks,
  });
  await writeFile(path, bytes);
  return await maxmindLocator(path, { pollIntervalMs: 0 });
}

function simActions(world: SimWorld): ReadonlyMap<string, AdminAction> {
  return new Map([
    ["/sim/kill", world.kill],
    ["/sim/heal", world.heal],
    ["/sim/drain", world.drain],
    ["/sim/partition-api", world.partitionApi],
    ...Object.entries(TROUBLES).map(
      ([name, trouble]) => [`/sim/${name}`, (cluster: string) => world.trouble(cluster, trouble, name)] as const,
    ),
    ["/sim/latency", (argument) => world.latency(...clusterAndMs(argument))],
  ]);
}

/** `europe-west1=200`. */
function clusterAndMs(argument: string): [cluster: string, ms: number] {
  const [cluster = "", text = ""] = argument.split("=");
  const ms = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(ms <= 60_000)) throw new RangeError(`Cannot delay "${cluster}" by "${text}": write 0 to 60000 ms`);
  return [cluster, ms];
}

/** On one machine every cluster is equally near: the way that loopback lacks is added to what probes measure. */
function missingWayUs(edge: GeoPoint | null, cluster: string): number {
  const place = regionPoint("gcp", cluster);
  return edge === null || place === null ? 0 : priorUs(distanceKm(edge, place));
}

function settled(control: RunningControl): string {
  const manifest = control.last()?.published?.manifest;
  return manifest === undefined ? "nothing published yet" : `snapshot ${manifest.epoch}.${manifest.generation}`;
}
