/** `portolan dns serve`: control over a directory, the health half of an edge, and a name server, in one process. */
import type { CliDeps, NameServerOptions, Running } from "../src/cli/deps.ts";
import { KNOWN_COUNTRIES } from "../src/core/geo/countries.ts";
import { timeZonePoint } from "../src/core/geo/time-zones.ts";
import { createEdge, type Edge } from "../src/edge/edge.ts";
import { edgeMetrics } from "../src/edge/metrics.ts";
import { nodeProber } from "../src/edge/node/probe.ts";
import { probeOrigins } from "../src/edge/node/recovery.ts";
import { directoryReaders } from "../src/kube/directory.ts";
import { type EdgeProbeOptions, probeEdges } from "../src/nameserver/edge-probe.ts";
import { currentWorld } from "../src/nameserver/current-world.ts";
import { nameServerMetrics } from "../src/nameserver/metrics.ts";
import { rateLimiter } from "../src/nameserver/rate-limit.ts";
import { responder } from "../src/nameserver/respond.ts";
import { serveNames } from "../src/nameserver/server.ts";
import { sha256Hex } from "../src/store/signature.ts";
import type { Store } from "../src/store/store.ts";
import { openDatabase } from "./database.ts";
import { memoryStore } from "../src/store/memory.ts";
import { filesControl, type Keep } from "./files-control.ts";
import { portFailure, refuseBadStart } from "./files-edge.ts";
import { startAdmin } from "./node-admin.ts";
import { edgeStore } from "./node-edge.ts";
import { orderActions } from "./order-actions.ts";
import { statusOf } from "./status.ts";

const AUDIENCE = "names";
const POLL_MS = 250;
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
    return { banner: await startParts(options, deps, keep), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startParts(
  options: NameServerOptions,
  deps: Pick<CliDeps, "out" | "err">,
  keep: Keep,
): Promise<readonly string[]> {
  const directory = keep(await directoryReaders(options.from));
  refuseBadStart(directory, options.from);
  const log = (line: string): void => deps.err(`${line}\n`);
  const locator = options.geoip === null ? null : keep(await openDatabase(options.geoip, { onProblem: log }));
  const store = memoryStore();
  const control = await filesControl(directory, store, { ...options, err: deps.err, audience: AUDIENCE }, keep);
  const edge = keep(await healthEdge(store, { ...options, log }));
  const probes = options.edges.length === 0 ? null : keep(probeEdges(options.edges, edgeProbe(options)));
  const worldOf = currentWorld(options);
  const answers = responder({
    world: () => {
      const { serving, health, overlay } = edge.state;
      if (serving === null) return null;
      const { snapshot, manifest } = serving.loaded;
      const { publishedAtMs } = manifest;
      return worldOf({ snapshot, publishedAtMs, overlay, health, down: probes?.down() ?? null, nowMs: Date.now() });
    },
    sources: { places: { zonePoint: timeZonePoint, countries: KNOWN_COUNTRIES }, locator },
    limiter: rateLimiter(options.rateLimit, Math.floor(Math.random() * 0x1_0000_0000)),
  });
  const banner: string[] = [];
  for (const listen of options.listen) {
    const server = keep(
      await serveNames(listen, answers, Date.now).catch((error: unknown) => portFailure(error, "--listen", listen)),
    );
    const { host } = listen;
    banner.push(`dns        ${host.includes(":") ? `[${host}]` : host}:${server.port} udp and tcp`);
  }
  if (options.admin === null) return banner;
  const admin = keep(
    await startAdmin(options.admin, {
      metricsText: () => nameServerMetrics(answers.counts),
      notReady: edge.notReady,
      status: () => statusOf(store, control.last()),
      events: () => Promise.resolve(control.last()?.overlay?.events ?? []),
      actions: orderActions(store, control),
    }).catch((error: unknown) => portFailure(error, "--admin", options.admin)),
  );
  return [...banner, `admin      ${admin.url}`];
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
