/** Composition root of one edge on Node: store, upstream, server and probes joined. */
import { timeZonePoint } from "../src/core/geo/time-zones.ts";
import { headerLocation, type LocationHeaders } from "../src/core/geo/platform-location.ts";
import { createEdge, type Edge } from "../src/edge/edge.ts";
import { type Cidr, parseCidrs } from "../src/core/address/cidr.ts";
import type { CertificateTable } from "../src/edge/http1/certificates.ts";
import { http1Engine } from "../src/edge/http1/engine.ts";
import type { SignHop } from "../src/edge/http1/signed-hop.ts";
import { serveHttp1 } from "../src/edge/http1/server.ts";
import { edgeMetrics } from "../src/edge/metrics.ts";
import { probeEjected } from "../src/edge/node/recovery.ts";
import type { ForwardingHeader } from "../src/core/address/client-address.ts";
import { SIGNED_HOP } from "../src/core/snapshot/manifest.ts";
import type { GeoPoint } from "../src/core/model.ts";
import type { Locator } from "../src/locate/locator.ts";
import { sha256Hex } from "../src/store/signature.ts";
import type { Store } from "../src/store/store.ts";
import { textStore } from "../src/store/text.ts";

const CONNECT_TIMEOUT_MS = 1000;
const DRAIN_MS = 5000;

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
  /** TLS is ended at the listener with these; plain HTTP without. */
  readonly certificates?: CertificateTable | null;
  /** Plain requests are sent to https at this port instead of being served. */
  readonly httpsPort?: number | null;
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
  readonly accessLog: ((line: string) => void) | null;
  readonly log: (line: string) => void;
  /** Signs requests to gateways; without it a snapshot that needs it is refused. */
  readonly sign?: SignHop;
}

export interface NodeEdge {
  readonly edge: Edge;
  /** `http://127.0.0.1:7101`. */
  readonly url: string;
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
  const source = { get: deps.store.get, digest: sha256Hex, verify: deps.verify, audience, lacking };
  const edge = createEdge(options, {
    source,
    report: deps.store.report,
    locator: deps.locator,
    headerLocation: options.locationHeaders === null ? null : headerLocation(options.locationHeaders),
    zonePoint: timeZonePoint,
    metrics: edgeMetrics,
    now: Date.now,
    random: Math.random,
    accessLog: deps.accessLog,
    log: deps.log,
  });
  const engine = http1Engine(edge.rules, {
    allowPrivateOrigins,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    clientCertificate: options.clientCertificate ?? null,
    httpsPort: options.httpsPort ?? null,
    sign,
  });
  const server = await serveHttp1(
    {
      ...options.listen,
      certificates: options.certificates ?? null,
      proxyProtocolFrom: readCidrs(options.proxyProtocolFrom ?? []),
      drainMs: DRAIN_MS,
    },
    engine,
  );
  const bundled = deps.bundled ?? null;
  await edge.coldStart(bundled === null ? null : { ...source, get: bundled });
  const probes = probeEjected(edge, Date.now);
  const timer = setInterval(() => void edge.refresh(), options.pollIntervalMs);
  const { address, port, family } = server.address;
  return {
    edge,
    url: `${options.certificates === undefined || options.certificates === null ? "http" : "https"}://${family === "IPv6" ? `[${address}]` : address}:${port}`,
    async close() {
      clearInterval(timer);
      probes.close();
      await server.close();
      engine.pool.close();
    },
  };
}

function readCidrs(texts: readonly string[]): readonly Cidr[] {
  const { cidrs, malformed } = parseCidrs(texts);
  if (malformed.length === 0) return cidrs;
  throw new RangeError(`Cannot take PROXY headers from "${malformed[0]}": it is not a CIDR`);
}
