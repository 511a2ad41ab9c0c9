/** Three pretend clusters, a store and one edge of the runtime under test. */
import type { webcrypto } from "node:crypto";
import { compile } from "../../src/core/compile/compile.ts";
import type { GeoPoint, Snapshot } from "../../src/core/model.ts";
import { collectBundle, type SnapshotBundle } from "../../src/core/snapshot/bundle.ts";
import { envelopeText } from "../../src/core/snapshot/manifest.ts";
import { partKey, REST, REST_KEY } from "../../src/core/snapshot/part.ts";
import { partText, snapshotParts } from "../../src/core/snapshot/parts.ts";
import { publishSnapshot, type SnapshotSink } from "../../src/core/snapshot/publish.ts";
import { generateSigningKeys, manifestSigner, sha256Hex } from "../../src/store/signature.ts";
import { cluster, ingress, observation, rule, service } from "../build/objects.ts";
import { FRANKFURT, NEW_YORK, TOKYO } from "../build/world.ts";
import { startOrigin, type TestOrigin } from "./edge-origin.ts";
import { type EdgeStoreServer, startEdgeStore } from "./edge-store.ts";

export interface RuntimeUnderTest {
  readonly name: string;
  /** As declared by the runtime's upstream. */
  readonly provesUnsent: boolean;
  readonly hostOverride: "any" | "same-zone" | "none";
  /** Whether it reads the snapshot in parts: an edge that lives for one request. */
  readonly readsParts?: boolean;
  /** Starts a fresh edge: nothing of an earlier one is warm. */
  start(options: EdgeStart): Promise<RunningEdge>;
}

export interface EdgeStart {
  readonly storeUrl: string;
  readonly publicKeys: Readonly<Record<string, webcrypto.JsonWebKey>>;
  readonly audience: string;
  readonly location: GeoPoint | null;
  readonly bundled: SnapshotBundle | null;
  readonly debugToken: string;
}

export interface RunningEdge {
  readonly url: string;
  close(): Promise<void>;
}

export const HOST = "shop.example.org";
/** Also routed by every snapshot: here a cluster may take as long as it likes, and no timeout hides what else ends. */
export const PATIENT_HOST = "patient.example.org";
/** Routed as well: takes bodies of so many bytes at most; takes no plain requests. */
export const LIMITED_HOST = "limited.example.org";
export const LIMITED_BYTES = 100_000;
export const SECURE_HOST = "secure.example.org";
export const DEBUG_TOKEN = "suite-token";
/** Short, so that a hanging cluster is left soon. */
const ROUTE_TIMEOUT_MS = 1500;
const PATIENT_TIMEOUT_MS = 120_000;
const AUDIENCE = "suite";
const KEY_ID = "suite-1";

export interface EdgeWorld {
  readonly store: EdgeStoreServer;
  /** Nearest to the edge first: Frankfurt, New York, Tokyo. */
  readonly origins: readonly [TestOrigin, TestOrigin, TestOrigin];
  readonly start: (more?: Partial<EdgeStart>) => Promise<RunningEdge>;
  /** What an edge of this world is started with, for who starts it otherwise. */
  readonly options: EdgeStart;
  /** A new generation that routes these hosts; `forged` signs it with a key that no edge knows. */
  publish(hosts: readonly string[], forged?: boolean, change?: (snapshot: Snapshot) => Snapshot): Promise<void>;
  bundle(): Promise<SnapshotBundle>;
  reset(): Promise<void>;
  close(): Promise<void>;
}

/** All parts, and none of hosts that are gone; as control pushes them, but at once. */
async function publishParts(
  snapshot: Snapshot,
  version: Parameters<typeof partText>[1],
  sink: SnapshotSink & { forget(prefix: string): Promise<void> },
): Promise<void> {
  const texts = new Map<string, string>();
  for (const part of snapshotParts(snapshot)) {
    const payload = partText(part, version);
    const signed = (await sink.sign?.(payload)) ?? { keyId: null, signature: null };
    const key = part.name === REST ? REST_KEY : partKey(await sink.digest(part.name));
    texts.set(key, envelopeText({ payload, ...signed }));
  }
  await sink.forget("parts/");
  for (const [key, text] of texts) await sink.put(key, text, "any");
}

export async function startEdgeWorld(runtime: RuntimeUnderTest): Promise<EdgeWorld> {
  const store = await startEdgeStore();
  const origins = [await startOrigin("fra"), await startOrigin("nyc"), await startOrigin("tok")] as const;
  const points = [FRANKFURT, NEW_YORK, TOKYO] as const;
  const [keys, foreign] = [await generateSigningKeys(), await generateSigningKeys()];
  const publicKeys = { [KEY_ID]: await crypto.subtle.exportKey("jwk", keys.publicKey) };
  const running: RunningEdge[] = [];
  let generation = 0;

  const snapshotOf = (hosts: readonly string[]) => {
    const clusters = origins.map((origin, index) =>
      cluster(origin.name, {
        location: points[index] ?? FRANKFURT,
        gateway: {
          connectHost: "127.0.0.1",
          port: origin.port,
          protocol: "http",
          serverName: null,
          ca: null,
          host: "public",
          signed: false,
        },
      }),
    );
    const annotations = new Map([
      [LIMITED_HOST, { "portolan.dev/max-body-size": String(LIMITED_BYTES) }],
      [SECURE_HOST, { "portolan.dev/https-redirect": "true" }],
    ]);
    const ingresses = [...hosts, PATIENT_HOST, LIMITED_HOST, SECURE_HOST].map((host) =>
      ingress(host, { rules: [rule(host, "/", "shop")], meta: { annotations: annotations.get(host) ?? {} } }),
    );
    const config = observation(null, { clusters, ingresses });
    const members = origins.map(({ name }) => observation(name, { services: [service("shop")] }));
    const { snapshot } = compile({ config, clusters: members, previous: null, allowPrivateOrigins: true, nowMs: 0 });
    const bounded = snapshot.hosts.map((host) => {
      const timeoutMs = host.host === PATIENT_HOST ? PATIENT_TIMEOUT_MS : ROUTE_TIMEOUT_MS;
      return { ...host, routes: host.routes.map((route) => ({ ...route, timeoutMs })) };
    });
    return { ...snapshot, hosts: bounded };
  };

  const options: EdgeStart = {
    storeUrl: store.url,
    publicKeys,
    audience: AUDIENCE,
    location: FRANKFURT,
    bundled: null,
    debugToken: DEBUG_TOKEN,
  };

  return {
    store,
    origins,
    options,
    async start(more = {}) {
      const edge = await runtime.start({ ...options, ...more });
      running.push(edge);
      return edge;
    },
    async publish(hosts, forged = false, change = (snapshot) => snapshot) {
      generation += 1;
      const replaces = (await store.store.getVersioned("manifest"))?.version ?? null;
      const sign = manifestSigner(KEY_ID, (forged ? foreign : keys).privateKey);
      const sink = { put: store.store.put, digest: sha256Hex, sign, forget: store.forget };
      const version = { epoch: 1, generation, audience: AUDIENCE, publishedAtMs: Date.now() };
      const snapshot = change(snapshotOf(hosts));
      await publishSnapshot(sink, snapshot, { ...version, replaces, knownSlices: new Set() });
      if (runtime.readsParts === true) await publishParts(snapshot, version, sink);
    },
    async bundle() {
      const bundle = await collectBundle(store.store.get, sha256Hex);
      if (bundle === null) throw new Error("nothing is published");
      return bundle;
    },
    async reset() {
      store.become("up");
      for (const origin of origins) await origin.reset();
    },
    async close() {
      for (const edge of running) await edge.close();
      for (const origin of origins) await origin.stop();
      await store.close();
    },
  };
}
