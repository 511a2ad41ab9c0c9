/** Composition root of one edge on Node: store, upstream, server and probes joined. */
import type { AddressInfo } from "node:net";
import { timeZonePoint } from "../src/core/geo/time-zones.ts";
import { headerLocation, type LocationHeaders } from "../src/core/geo/platform-location.ts";
import { createEdge, type Edge } from "../src/edge/edge.ts";
import { type Cidr, parseCidrs } from "../src/core/address/cidr.ts";
import type { ShownCertificates } from "../src/edge/http1/certificates.ts";
import type { EngineLimits } from "../src/edge/http1/client-limits.ts";
import { http1Engine } from "../src/edge/http1/engine.ts";
import type { SignHop } from "../src/edge/http1/signed-hop.ts";
import { serveHttp1 } from "../src/edge/http1/server.ts";
import { edgeMetrics } from "../src/edge/metrics.ts";
import type { ForwardingHeader } from "../src/core/address/client-address.ts";
import { SIGNED_HOP } from "../src/core/snapshot/manifest.ts";
import type { NameSource } from "../src/edge/http1/name-cache.ts";
import { nodeNames, SYSTEM_NAMES } from "../src/edge/node/names.ts";
import { nodeProber, type Prober } from "../src/edge/node/probe.ts";
import { probeOrigins } from "../src/edge/node/recovery.ts";
import { generatePinKeys, type PinKeys } from "../src/edge/pin.ts";
import type { GeoPoint } from "../src/core/model.ts";
import type { Tap } from "../src/edge/tap.ts";
import { startOtlp } from "./otlp.ts";
import type { Locator } from "../src/locate/locator.ts";
import { sha256Hex } from "../src/store/signature.ts";
import type { Store } from "../src/store/store.ts";
import { textStore } from "../src/store/text.ts";

const CONNECT_MS = 1000;
const DRAIN_MS = 5000;

/** Sockets are read between two turns of `setImmediate`. */
export async function nextTurn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

export interface NodeEdgeOptions {
  readonly name: string;
  readonly listen: { readonly host: string; readonly port: number };
  readonly location: GeoPoint | null;
  readonly trustedProxies: readonly string[];
  readonly trustedHops: number;
  readonly trustedHeader: ForwardingHeader | null;
  /** The platform in front whose location headers are believed from trusted proxies. */
  readonly locationHeaders: LocationHeaders | null;
  readonly debugToken: string | null;
  readonly audience: string;
  readonly allowPrivateOrigins: boolean;
  readonly pollIntervalMs: number;
  /** Beyond the cold start, how long to wait for a first snapshot before listening; not at all when left out. */
  readonly snapshotWithinMs?: number;
  /** Shortens the intervals of probes to at most this; left out, they are as configured. */
  readonly probeIntervalMs?: number;
  /** Only for a world on one machine: the part of the way to a cluster that its bytes do not travel here. */
  readonly missingWayUs?: (cluster: string) => number;
  /** TLS is ended at the listener with these; plain HTTP without. */
  readonly certificates?: ShownCertificates | null;
  /** Plain requests are sent to https at this port instead of being served. */
  readonly httpsPort?: number | null;
  /** A second port without TLS. */
  readonly plainListen?: { readonly host: string; readonly port: number } | null;
  /** What is left out is as the engine has it. */
  readonly limits?: Partial<EngineLimits>;
  readonly connectMs?: number;
  readonly drainMs?: number;
  readonly idleGraceMs?: number;
  /** CIDRs of load balancers that send a PROXY header, and must. */
  readonly proxyProtocolFrom?: readonly string[];
  /** PEM, for origins that ask for a certificate. */
  readonly clientCertificate?: { readonly cert: string; readonly key: string } | null;
}

export interface NodeEdgeDeps {
  readonly store: EdgeStore;
  readonly verify: ((text: string, keyId: string, signature: string) => Promise<boolean>) | null;
  /** What to start from when the store does not answer. */
  readonly bundled?: EdgeStore["get"] | null;
  readonly locator: Locator | null;
  /** Keys of affinity cookies, the same in the whole fleet; fresh ones when left out. */
  readonly pinKeys?: PinKeys | null;
  readonly accessLog: ((line: string) => void) | null;
  readonly log: (line: string) => void;
  /** Signs requests to gateways; without it a snapshot that needs it is refused. */
  readonly sign?: SignHop;
  readonly tap?: Tap;
  /** Addresses of origins by name; the system's when left out. */
  readonly names?: NameSource;
}

export interface NodeEdge {
  readonly edge: Edge;
  /** `http://127.0.0.1:7101`. */
  readonly url: string;
  /** Of the second port; null without one. */
  readonly plainUrl: string | null;
  close(): Promise<void>;
}

/** The store as an edge needs it. */
export interface EdgeStore {
  /** Text by key, null when there is none; rejects when the store cannot be reached. */
  readonly get: (key: string) => Promise<string | null>;
  /** Null where edges may not write. */
  readonly report: ((edge: string, text: string) => Promise<void>) | null;
}

/** An edge's view of a store in the same process or folder. */
export function edgeStore(store: Store): EdgeStore {
  const text = textStore(store);
  return { get: text.get, report: async (edge, report) => void (await text.put(`reports/${edge}`, report, "any")) };
}

/** Starts an edge; resolves when it listens and the cold start is over. Rejects when the port cannot be had. */
export async function startNodeEdge(options: NodeEdgeOptions, deps: NodeEdgeDeps): Promise<NodeEdge> {
  const { allowPrivateOrigins, audience } = options;
  const sign = deps.sign ?? null;
  const lacking = sign === null ? { [SIGNED_HOP]: "but it was given no hop keys" } : {};
  const source = { turn: nextTurn, get: deps.store.get, digest: sha256Hex, verify: deps.verify, audience, lacking };
  const otlp = startOtlp(options.name, () => edge.metricsText());
  const edge: Edge = createEdge(
    { ...options, ...(options.probeIntervalMs === undefined ? {} : { dwellMs: 6 * options.probeIntervalMs }) },
    {
      source,
      report: deps.store.report,
      locator: deps.locator,
      pinKeys: deps.pinKeys ?? (await generatePinKeys()),
      headerLocation: options.locationHeaders === null ? null : headerLocation(options.locationHeaders),
      zonePoint: timeZonePoint,
      metrics: edgeMetrics,
      now: Date.now,
      random: Math.random,
      accessLog: deps.accessLog,
      log: deps.log,
      ...(deps.tap === undefined ? {} : { tap: deps.tap }),
      ...(otlp === null ? {} : { onRequest: otlp.exporter.request }),
    },
  );
  const engine = http1Engine(edge.rules, {
    allowPrivateOrigins,
    names: deps.names ?? nodeNames(SYSTEM_NAMES),
    connectTimeoutMs: options.connectMs ?? CONNECT_MS,
    clientCertificate: options.clientCertificate ?? null,
    httpsPort: options.httpsPort ?? null,
    sign,
    limits: options.limits ?? {},
  });
  const proxyProtocolFrom = readCidrs(options.proxyProtocolFrom ?? []);
  const certificates = options.certificates ?? null;
  const drainMs = options.drainMs ?? DRAIN_MS;
  const { idleGraceMs = 0 } = options;
  const bundled = deps.bundled ?? null;
  await edge.coldStart(bundled === null ? null : { ...source, get: bundled });
  // A process that has no snapshot yet must not be given requests that another one on its port could answer.
  const patientUntilMs = Date.now() + (options.snapshotWithinMs ?? 0);
  while (edge.notReady() !== null && Date.now() < patientUntilMs) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    await edge.refresh();
  }
  const server = await serveHttp1({ ...options.listen, certificates, proxyProtocolFrom, drainMs, idleGraceMs }, engine);
  const { plainListen = null } = options;
  const plain =
    plainListen === null
      ? null
      : await serveHttp1({ ...plainListen, certificates: null, proxyProtocolFrom, drainMs, idleGraceMs }, engine).catch(
          async (error: unknown) => {
            await server.close();
            throw error;
          },
        );
  const probes = probeOrigins(edge, farther(nodeProber({ allowPrivateOrigins }), options.missingWayUs ?? null), {
    intervalMs: options.probeIntervalMs ?? null,
    exchange: options.missingWayUs !== undefined,
    now: Date.now,
    random: Math.random,
  });
  const timer = setInterval(() => void edge.refresh(), options.pollIntervalMs);
  return {
    edge,
    url: urlOf(certificates === null ? "http" : "https", server.address),
    plainUrl: plain === null ? null : urlOf("http", plain.address),
    async close() {
      clearInterval(timer);
      probes.close();
      await otlp?.close();
      await Promise.all([server.close(), plain?.close()]);
      engine.pool.close();
    },
  };
}

function urlOf(scheme: string, { address, port, family }: AddressInfo): string {
  return `${scheme}://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}

function farther(prober: Prober, missingWayUs: ((cluster: string) => number) | null): Prober {
  if (missingWayUs === null) return prober;
  return {
    close: prober.close,
    async probe(target, how) {
      const result = await prober.probe(target, how);
      const more = (us: number | null) => (us === null ? null : us + missingWayUs(target.cluster));
      return { ...result, isLocal: false, connectUs: more(result.connectUs), exchangeUs: more(result.exchangeUs) };
    },
  };
}

function readCidrs(texts: readonly string[]): readonly Cidr[] {
  const { cidrs, malformed } = parseCidrs(texts);
  if (malformed.length === 0) return cidrs;
  throw new RangeError(`Cannot take PROXY headers from "${malformed[0]}": it is not a CIDR`);
}
