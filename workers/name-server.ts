/** `portolan dns serve`: control over a directory, the health half of an edge, and a name server, in one process. */
import type { CliDeps, NameServerOptions, Running } from "../src/cli/deps.ts";
import type { RecordSet } from "../src/core/dns/records.ts";
import { KNOWN_COUNTRIES } from "../src/core/geo/countries.ts";
import { timeZonePoint } from "../src/core/geo/time-zones.ts";
import { createEdge, type Edge } from "../src/edge/edge.ts";
import { edgeMetrics } from "../src/edge/metrics.ts";
import { nodeProber } from "../src/edge/node/probe.ts";
import { probeOrigins } from "../src/edge/node/recovery.ts";
import { directoryReaders } from "../src/kube/directory.ts";
import { type EdgeProbeOptions, type EdgeProbes, probeEdges } from "../src/nameserver/edge-probe.ts";
import { edgeHealth, edgeSnapshot } from "../src/nameserver/edges.ts";
import { fixedSets } from "../src/nameserver/fixed-sets.ts";
import { rateLimiter } from "../src/nameserver/rate-limit.ts";
import { responder } from "../src/nameserver/respond.ts";
import { serveNames } from "../src/nameserver/server.ts";
import { type NameWorld, nameWorld, withHealth } from "../src/nameserver/world.ts";
import { sha256Hex } from "../src/store/signature.ts";
import type { Store } from "../src/store/store.ts";
import { openDatabase } from "./database.ts";
import { memoryStore } from "../src/store/memory.ts";
import { filesControl, type Keep } from "./files-control.ts";
import { portFailure, refuseBadStart } from "./files-edge.ts";
import { edgeStore } from "./node-edge.ts";

const AUDIENCE = "names";
const POLL_MS = 100;
const EDGE_PROBE = { intervalMs: 5000, timeoutMs: 2000 };

function edgeProbe({ edgePort, probeIntervalMs }: NameServerOptions): EdgeProbeOptions {
  const intervalMs = Math.min(EDGE_PROBE.intervalMs, probeIntervalMs ?? EDGE_PROBE.intervalMs);
  return { port: edgePort, intervalMs, timeoutMs: Math.min(EDGE_PROBE.timeoutMs, intervalMs) };
}

/** Starts everything or fails with what is wrong and what to try; what was started is stopped again then. */
export async function startNameServer(
  options: NameServerOptions,
  deps: Pick<CliDeps, "out" | "err">,
): Promise<Running> {
  const running: { close(): unknown }[] = [];
  const keep: Keep = (part) => {
    running.push(part);
    return part;
  };
  const close = async (): Promise<void> => {
    for (const part of running.splice(0).reverse()) await part.close();
  };
  try {
    const port = await startParts(options, deps, keep);
    const { host } = options.listen;
    return { banner: [`dns        ${host.includes(":") ? `[${host}]` : host}:${port} udp and tcp`], close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startParts(options: NameServerOptions, deps: Pick<CliDeps, "out" | "err">, keep: Keep): Promise<number> {
  const directory = keep(await directoryReaders(options.from));
  refuseBadStart(directory, options.from);
  const log = (line: string): void => deps.err(`${line}\n`);
  const locator = options.geoip === null ? null : keep(await openDatabase(options.geoip, { onProblem: log }));
  const store = memoryStore();
  await filesControl(directory, store, { ...options, err: deps.err, audience: AUDIENCE }, keep);
  const edge = keep(await healthEdge(store, { ...options, log }));
  const probes = options.edges.length === 0 ? null : keep(probeEdges(options.edges, edgeProbe(options)));
  const answers = responder({
    world: worldOf(edge, probes, options),
    sources: { places: { zonePoint: timeZonePoint, countries: KNOWN_COUNTRIES }, locator },
    limiter: rateLimiter(options.rateLimit, Math.floor(Math.random() * 0x1_0000_0000)),
  });
  const server = keep(
    await serveNames(options.listen, answers, Date.now).catch((error: unknown) =>
      portFailure(error, "--listen", options.listen),
    ),
  );
  return server.port;
}

/** An edge that serves nobody: it follows the store and probes, and its health is what names are answered by. */
async function healthEdge(
  store: Store,
  {
    allowPrivateOrigins,
    probeIntervalMs,
    log,
  }: Pick<NameServerOptions, "allowPrivateOrigins" | "probeIntervalMs"> & { readonly log: (line: string) => void },
): Promise<Edge & { close(): void }> {
  const access = edgeStore(store);
  const edge = createEdge(
    {
      name: "name-server",
      location: null,
      debugToken: null,
      trustedProxies: [],
      trustedHops: 0,
      trustedHeader: null,
    },
    {
      source: { get: access.get, digest: sha256Hex, verify: null, audience: AUDIENCE, lacking: {} },
      report: access.report,
      locator: null,
      headerLocation: null,
      zonePoint: timeZonePoint,
      pinKeys: null,
      accessLog: null,
      log,
      metrics: edgeMetrics,
      now: Date.now,
      random: Math.random,
    },
  );
  await edge.coldStart(null);
  const prober = nodeProber({ allowPrivateOrigins });
  const probes = probeOrigins(edge, prober, {
    intervalMs: probeIntervalMs,
    exchange: false,
    now: Date.now,
    random: Math.random,
  });
  const timer = setInterval(() => void edge.refresh(), POLL_MS);
  return {
    ...edge,
    close() {
      clearInterval(timer);
      probes.close();
      prober.close();
    },
  };
}

/** The world of the moment: made again for another snapshot or other fixed sets, and cheaply for other health. */
function worldOf(
  { state }: Edge,
  probes: EdgeProbes | null,
  { edges, nameServers, zones, ttl, federation, originSuffix }: NameServerOptions,
): () => NameWorld | null {
  let world: NameWorld | null = null;
  let made: readonly unknown[] = [];
  let sets: ReadonlyMap<string, readonly RecordSet[]> = new Map();
  return () => {
    const { serving, health, overlay } = state;
    if (serving === null) return null;
    const down = probes?.down() ?? null;
    // Ejections change inside the view.
    const from = [serving, overlay, down, health, state.outliers.ejections.size];
    if (world !== null && from.every((one, index) => one === made[index])) return world;
    const { snapshot, manifest } = serving.loaded;
    const seen = down === null ? health : edgeHealth(down);
    if (world !== null && serving === made[0] && overlay === made[1]) world = withHealth(world, seen);
    else {
      const fixed = { zones, federation, originSuffix, ttl };
      sets = fixedSets({ snapshot, health: overlay, nowMs: Date.now(), before: sets }, fixed);
      const serial = Math.floor(manifest.publishedAtMs / 1000) >>> 0;
      const led = down === null ? snapshot : edgeSnapshot(snapshot, edges);
      world = nameWorld({ snapshot: led, health: seen, zones, nameServers, serial, ttl, sets });
    }
    made = from;
    return world;
  };
}
