/** `portolan dns serve`: snapshots and health from one source, and a name server over them. Wiring only. */
import type { CliDeps, NameServerOptions, Running } from "../src/cli/deps.ts";
import { KNOWN_COUNTRIES } from "../src/core/geo/countries.ts";
import { timeZonePoint } from "../src/core/geo/time-zones.ts";
import { currentWorld } from "../src/nameserver/current-world.ts";
import { openCLibrary } from "../src/nameserver/c-library.ts";
import { type EdgeProbeOptions, probeEdges } from "../src/nameserver/edge-probe.ts";
import { nameServerMetrics } from "../src/nameserver/metrics.ts";
import { rateLimiter } from "../src/nameserver/rate-limit.ts";
import { responder } from "../src/nameserver/respond.ts";
import { serveNames } from "../src/nameserver/server.ts";
import { openDatabase } from "./database.ts";
import { type Keep, startAll } from "./keep.ts";
import { portFailure } from "./files-edge.ts";
import { openNameSource } from "./name-source.ts";
import { startAdmin } from "./node-admin.ts";

const EDGE_PROBE = { intervalMs: 5000, timeoutMs: 2000 };

/** Starts everything or fails with what is wrong and what to try; what was started is stopped again then. */
export async function startNameServer(
  options: NameServerOptions,
  deps: Pick<CliDeps, "out" | "err">,
): Promise<Running> {
  return await startAll(async (keep) => ({ banner: await startParts(options, deps, keep) }));
}

async function startParts(
  options: NameServerOptions,
  deps: Pick<CliDeps, "out" | "err">,
  keep: Keep,
): Promise<readonly string[]> {
  const log = (line: string): void => deps.err(`${line}\n`);
  const locator = options.geoip === null ? null : keep(await openDatabase(options.geoip, { onProblem: log }));
  const { edge, admin: asked } = await openNameSource(options, deps, keep);
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
  const library = options.oneByOne ? null : await openCLibrary();
  if (library === null && !options.oneByOne)
    log("takes queries one by one, at a third of the speed: batches need Linux on 64 bits and the package koffi");
  const banner: string[] = [];
  for (const listen of options.listen) {
    const server = keep(
      await serveNames({ ...listen, reusePort: options.reusePort, library }, answers, Date.now).catch(
        (error: unknown) => portFailure(error, "--listen", listen),
      ),
    );
    const { host } = listen;
    banner.push(`dns        ${host.includes(":") ? `[${host}]` : host}:${server.port} udp and tcp`);
  }
  if (options.admin === null) return banner;
  const admin = keep(
    await startAdmin(options.admin, {
      ...asked,
      metricsText: () => nameServerMetrics(answers.counts),
      notReady: edge.notReady,
    }).catch((error: unknown) => portFailure(error, "--admin", options.admin)),
  );
  return [...banner, `admin      ${admin.url}`];
}

function edgeProbe({ edgePort, probeIntervalMs }: NameServerOptions): EdgeProbeOptions {
  const intervalMs = Math.min(EDGE_PROBE.intervalMs, probeIntervalMs ?? EDGE_PROBE.intervalMs);
  return { port: edgePort, intervalMs, timeoutMs: Math.min(EDGE_PROBE.timeoutMs, intervalMs) };
}
