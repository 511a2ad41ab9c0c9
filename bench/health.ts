/**
 * What health costs an edge: an overlay of 100 clusters × 1,000 services taken into use, and the probes of 100 origins.
 * `node bench/health.ts [SECONDS]`. The origins are in a process of their own, so that their work is not counted.
 */
import { spawn } from "node:child_process";
import { backendKey, healthView, roundTripKey } from "../src/core/health/view.ts";
import type { HealthOverlay } from "../src/core/health/model.ts";
import type { Origin } from "../src/core/model.ts";
import { packCounts } from "../src/core/snapshot/backend-counts.ts";
import { packTrips } from "../src/core/snapshot/round-trips.ts";
import { overlayText, parseOverlay } from "../src/core/snapshot/overlay.ts";
import { createEdge } from "../src/edge/edge.ts";
import { edgeMetrics } from "../src/edge/metrics.ts";
import { nodeProber } from "../src/edge/node/probe.ts";
import { probeOrigins } from "../src/edge/node/recovery.ts";

const CLUSTERS = 100;
const SERVICES = 1000;
const ORIGINS = 100;
const SECONDS = Number(process.argv[2] ?? 30);
/** The first probes of a new edge come every second; what is measured is what follows. */
const SETTLE_MS = 8000;

function overlayCost(): void {
  const clusters = Array.from({ length: CLUSTERS }, (_, index) => `cluster-${index}`);
  const services = Array.from({ length: SERVICES }, (_, index) => `team-${index % 40}/service-${index}/80`);
  const overlay: HealthOverlay = {
    observedAtMs: 1,
    validForMs: 60_000,
    clusters: clusters.map((cluster) => ({ cluster, api: "reachable", sinceMs: 1, cause: null })),
    backends: packCounts(
      clusters.flatMap((cluster, row) =>
        services.map((service, column) => ({ cluster, service, ready: (row + column) % 5, total: 4 })),
      ),
    ),
    origins: clusters.map((cluster) => ({
      cluster,
      origin: `${cluster}|https://${cluster}.origin.example.org:443`,
      verdict: "up",
      sinceMs: 1,
      cause: "3 of 3 edges reach it",
    })),
    verdicts: [],
    roundTrips: packTrips(
      clusters.flatMap((cluster) =>
        Array.from({ length: 50 }, (_, place) => ({
          place: `edge-${place}`,
          cluster,
          us: 10_000 + place * 1000,
          samples: 6,
          observedAtMs: 1,
          basis: "measured" as const,
        })),
      ),
    ),
    offered: [],
    events: [],
  };
  for (const [name, one] of [
    ["without round-trips", { ...overlay, roundTrips: [] }],
    ["with 5,000 round-trips", overlay],
  ] as const) {
    const text = overlayText(one);
    const times = Array.from({ length: 60 }, () => {
      const started = performance.now();
      const parsed = parseOverlay(text);
      if (!parsed.ok) throw new Error(parsed.problem);
      const view = healthView(parsed.overlay, new Map());
      const shown = view.backends.get(backendKey("cluster-7", services[9] ?? ""));
      if (shown?.ready !== (7 + 9) % 5) throw new Error("the overlay says something else");
      const trip = view.roundTrips.get(roundTripKey("edge-7", "cluster-7"));
      if (one.roundTrips.length > 0 && trip?.us !== 17_000) throw new Error("the overlay says another round-trip");
      return performance.now() - started;
    })
      .slice(10)
      .sort((a, b) => a - b);
    console.log(
      `overlay of ${CLUSTERS} clusters × ${SERVICES} services ${name}, text (${(text.length / 1e6).toFixed(2)} MB) to view: p50 ${times[25]?.toFixed(2)} ms, p95 ${times[47]?.toFixed(2)} ms`,
    );
  }
}

const SERVER = `
const { createServer } = require("node:http");
const ports = [];
for (let n = 0; n < ${ORIGINS}; n += 1) {
  const server = createServer((request, response) => response.writeHead(404, { "content-length": "0" }).end());
  server.keepAliveTimeout = 60000;
  server.listen(0, "127.0.0.1", () => { if (ports.push(server.address().port) === ${ORIGINS}) process.send(ports); });
}
process.on("disconnect", () => process.exit(0));`;

async function probeCost(): Promise<void> {
  const child = spawn(process.execPath, ["-e", SERVER], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const ports = await new Promise<number[]>((resolve) =>
    child.once("message", (message) => resolve(message as number[])),
  );
  const edge = createEdge(
    {
      name: "bench",
      location: { latitude: 50, longitude: 8 },
      trustedProxies: [],
      trustedHops: 0,
      trustedHeader: null,
      debugToken: null,
    },
    {
      source: { get: () => Promise.resolve(null), digest: () => Promise.resolve(""), verify: null, audience: "bench" },
      report: null,
      locator: null,
      pinKeys: null,
      headerLocation: null,
      zonePoint: null,
      metrics: edgeMetrics,
      now: Date.now,
      random: Math.random,
      accessLog: null,
      log: () => undefined,
    },
  );
  edge.state.targets = ports.map((port, index) => {
    const origin: Origin = {
      connectHost: "127.0.0.1",
      port,
      protocol: "http",
      serverName: null,
      ca: null,
      host: "public",
      allowedCidrs: [],
      signed: false,
    };
    const key = `c${index}|http://127.0.0.1:${port}`;
    return { key, subject: key, cluster: `c${index}`, service: null, origin, check: null };
  });
  let probes = 0;
  const counted: typeof edge = {
    ...edge,
    probed(target, result) {
      probes += 1;
      edge.probed(target, { ...result, isLocal: false });
    },
  };
  const prober = probeOrigins(counted, nodeProber({ allowPrivateOrigins: true }), {
    intervalMs: null,
    exchange: false,
    now: Date.now,
    random: Math.random,
  });
  const keepAlive = setInterval(() => undefined, 1000);
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  probes = 0;
  const before = process.cpuUsage();
  const started = performance.now();
  await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
  const used = process.cpuUsage(before);
  const share = (used.user + used.system) / 1000 / (performance.now() - started);
  console.log(
    `probes of ${ORIGINS} origins every 10 s: ${(100 * share).toFixed(2)} % of a core over ${SECONDS} s (${probes} probes, ${edge.state.probes.measured.size} clusters measured)`,
  );
  clearInterval(keepAlive);
  prober.close();
  child.disconnect();
}

overlayCost();
await probeCost();
