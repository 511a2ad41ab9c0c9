/** Composition root of one edge on Node: store, upstream, server and probes joined. */
import { createEdge, type Edge } from "../src/edge/edge.ts";
import { probeEjected } from "../src/edge/node/recovery.ts";
import { serveEdge } from "../src/edge/node/server.ts";
import { nodeUpstream } from "../src/edge/node/upstream.ts";
import { generatePinKeys, type PinKeys } from "../src/edge/pin.ts";
import type { GeoPoint } from "../src/core/model.ts";
import type { Locator } from "../src/locate/locator.ts";
import { sha256Hex } from "../src/store/signature.ts";
import type { Store } from "../src/store/store.ts";
import { textStore } from "../src/store/text.ts";

export interface NodeEdgeOptions {
  readonly name: string;
  readonly listen: { readonly host: string; readonly port: number };
  readonly location: GeoPoint | null;
  readonly trustedProxies: readonly string[];
  readonly debugToken: string | null;
  readonly audience: string;
  readonly allowPrivateOrigins: boolean;
  readonly pollIntervalMs: number;
}

export interface NodeEdgeDeps {
  readonly store: Store;
  readonly verify: ((text: string, keyId: string, signature: string) => Promise<boolean>) | null;
  /** A store to start from when the first one does not answer. */
  readonly bundled?: Store | null;
  readonly locator: Locator | null;
  /** Keys of affinity cookies, the same in the whole fleet; fresh ones when left out. */
  readonly pinKeys?: PinKeys | null;
  readonly accessLog: ((line: string) => void) | null;
  readonly log: (line: string) => void;
}

export interface NodeEdge {
  readonly edge: Edge;
  /** `http://127.0.0.1:7101`. */
  readonly url: string;
  close(): Promise<void>;
}

/** Starts an edge; resolves when it listens and the cold start is over. Rejects when the port cannot be had. */
export async function startNodeEdge(options: NodeEdgeOptions, deps: NodeEdgeDeps): Promise<NodeEdge> {
  const text = textStore(deps.store);
  const { allowPrivateOrigins, audience } = options;
  const upstream = nodeUpstream({ allowPrivateOrigins, connectTimeoutMs: 1000 });
  const source = { get: text.get, digest: sha256Hex, verify: deps.verify, audience };
  const edge = createEdge(options, {
    source,
    report: async (name, report) => void (await text.put(`reports/${name}`, report, "any")),
    upstream,
    locator: deps.locator,
    pinKeys: deps.pinKeys ?? (await generatePinKeys()),
    now: Date.now,
    random: Math.random,
    accessLog: deps.accessLog,
    log: deps.log,
  });
  const server = await serveEdge(options.listen, edge.handle);
  const bundled = deps.bundled ?? null;
  await edge.coldStart(bundled === null ? null : { ...source, get: textStore(bundled).get });
  const probes = probeEjected(edge, Date.now);
  const timer = setInterval(() => void edge.refresh(), options.pollIntervalMs);
  const { address, port, family } = server.address;
  return {
    edge,
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${port}`,
    async close() {
      clearInterval(timer);
      probes.close();
      await server.close();
      await upstream.close();
    },
  };
}
