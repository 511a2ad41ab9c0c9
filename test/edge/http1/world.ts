/** A running Node edge whose hosts go to given ports of this machine, nearest cluster first. */
import { compile } from "../../../src/core/compile/compile.ts";
import type { CircuitSettings } from "../../../src/core/health/circuit.ts";
import type { Origin } from "../../../src/core/model.ts";
import { generationKey, publishSnapshot } from "../../../src/core/snapshot/publish.ts";
import type { NameSource } from "../../../src/edge/http1/name-cache.ts";
import { memoryStore } from "../../../src/store/memory.ts";
import { sha256Hex } from "../../../src/store/signature.ts";
import { textStore } from "../../../src/store/text.ts";
import { edgeStore, type NodeEdge, type NodeEdgeOptions, startNodeEdge } from "../../../workers/node-edge.ts";
import { cluster, ingress, observation, rule, service } from "../../build/objects.ts";
import { FRANKFURT, NEW_YORK, TOKYO } from "../../build/world.ts";

export interface WorldParts {
  readonly hosts: readonly string[];
  /** One cluster each, at most three. */
  readonly gateways: readonly (Partial<Origin> & { readonly port: number })[];
  /** Of every cluster. */
  readonly limits?: CircuitSettings;
  readonly timeoutMs?: number;
  readonly edge?: Partial<NodeEdgeOptions>;
  readonly names?: NameSource;
  readonly accessLog?: (line: string) => void;
}

export interface World extends NodeEdge {
  /** Publishes the same under the next generation; the edge reads it at its next refresh. */
  publish(): Promise<void>;
  /** `publish`, and resolves when the edge serves it. */
  swap(): Promise<void>;
}

/** Publishes and starts; resolves when the edge serves. */
export async function startWorld(parts: WorldParts): Promise<World> {
  const store = memoryStore();
  const places = [FRANKFURT, NEW_YORK, TOKYO];
  const clusters = parts.gateways.map((gateway, index) =>
    cluster(`c${index}`, {
      location: places[index] ?? FRANKFURT,
      limits: parts.limits ?? null,
      gateway: {
        connectHost: "127.0.0.1",
        protocol: "http",
        serverName: null,
        ca: null,
        host: "public",
        signed: false,
        ...gateway,
      },
    }),
  );
  const ingresses = parts.hosts.map((host) => ingress(host, { rules: [rule(host, "/", "shop")] }));
  const config = observation(null, { clusters, ingresses });
  const members = clusters.map(({ meta }) => observation(meta.name, { services: [service("shop")] }));
  const { snapshot } = compile({ config, clusters: members, previous: null, allowPrivateOrigins: true, nowMs: 0 });
  const timeoutMs = parts.timeoutMs ?? 15_000;
  const hosts = snapshot.hosts.map((host) => ({
    ...host,
    routes: host.routes.map((route) => ({ ...route, timeoutMs })),
  }));
  const sink = { put: textStore(store).put, digest: sha256Hex, sign: null };
  let generation = 0;
  let version: string | null = null;
  const publish = async (): Promise<void> => {
    generation += 1;
    const options = { epoch: 1, generation, audience: "test", publishedAtMs: Date.now(), replaces: version };
    const published = await publishSnapshot(sink, { ...snapshot, hosts }, { ...options, knownSlices: new Set() });
    version = published?.version ?? null;
    // As control's retention does.
    await store.delete(generationKey({ epoch: 1, generation: generation - 3 }));
  };
  await publish();
  const edge = await startNodeEdge(
    {
      name: "test",
      listen: { host: "127.0.0.1", port: 0 },
      location: FRANKFURT,
      trustedProxies: [],
      trustedHops: 0,
      trustedHeader: null,
      debugToken: null,
      audience: "test",
      allowPrivateOrigins: true,
      pollIntervalMs: 60_000,
      locationHeaders: null,
      ...parts.edge,
    },
    {
      store: edgeStore(store),
      verify: null,
      locator: null,
      accessLog: parts.accessLog ?? null,
      log: () => undefined,
      ...(parts.names === undefined ? {} : { names: parts.names }),
    },
  );
  await edge.edge.refresh();
  return {
    ...edge,
    publish,
    async swap() {
      await publish();
      await edge.edge.refresh();
    },
  };
}
