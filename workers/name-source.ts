/** Where `portolan dns serve` gets snapshots and health: control over a directory, or what another control published. */
import type { AdminDeps } from "../src/api/admin.ts";
import type { CliDeps, NameServerOptions, NamesFromStore } from "../src/cli/deps.ts";
import { timeZonePoint } from "../src/core/geo/time-zones.ts";
import { createEdge, type Edge } from "../src/edge/edge.ts";
import { edgeMetrics } from "../src/edge/metrics.ts";
import { nodeProber } from "../src/edge/node/probe.ts";
import { probeOrigins } from "../src/edge/node/recovery.ts";
import { directoryReaders } from "../src/kube/directory.ts";
import { memoryStore } from "../src/store/memory.ts";
import { sha256Hex } from "../src/store/signature.ts";
import { openEdgeSource } from "./edge-source.ts";
import { filesControl } from "./files-control.ts";
import type { Keep } from "./keep.ts";
import { refuseBadStart } from "./files-edge.ts";
import { readPublicKeys } from "./key-files.ts";
import { edgeStore, type EdgeStore, type NodeEdgeDeps } from "./node-edge.ts";
import { orderActions } from "./order-actions.ts";
import { statusOf } from "./status.ts";
import { versionOf } from "./process-messages.ts";

const FILES_AUDIENCE = "names";
const FILES_POLL_MS = 250;
const COMMIT_MS = 1000;

export interface NameSource {
  readonly edge: Edge;
  readonly admin: Pick<AdminDeps, "status" | "events" | "actions">;
}

type Deps = Pick<CliDeps, "err">;

/** Opens it; what has to be closed is kept. */
export async function openNameSource(options: NameServerOptions, deps: Deps, keep: Keep): Promise<NameSource> {
  const { from } = options;
  return typeof from === "string"
    ? await fromFiles(from, options, { deps, keep })
    : await fromStore(from, options, { deps, keep });
}

interface Context {
  readonly deps: Deps;
  readonly keep: Keep;
}

async function fromFiles(from: string, options: NameServerOptions, { deps, keep }: Context): Promise<NameSource> {
  const directory = keep(await directoryReaders(from));
  refuseBadStart(directory, from);
  const store = memoryStore();
  const settings = { ...options, err: deps.err, audience: FILES_AUDIENCE };
  const control = await filesControl(directory, store, settings, keep);
  const access = { store: edgeStore(store), verify: null, bundled: null };
  const edge = keep(await healthEdge({ ...access, name: "name-server", audience: FILES_AUDIENCE }, options, deps));
  const timer = setInterval(() => void edge.refresh(), FILES_POLL_MS);
  keep({ close: () => clearInterval(timer) });
  return {
    edge,
    admin: {
      status: () => statusOf(store, control.last()),
      events: () => Promise.resolve(control.last()?.overlay?.events ?? []),
      actions: orderActions(store, control),
    },
  };
}

async function fromStore(
  from: NamesFromStore,
  options: NameServerOptions,
  { deps, keep }: Context,
): Promise<NameSource> {
  const verify = await readPublicKeys(from.publicKeys);
  const source = await openEdgeSource(from, keep, (line) => deps.err(`${line}\n`));
  const edge = keep(await healthEdge({ ...from, store: source.store, verify, bundled: source.bundled }, options, deps));
  const reading = setInterval(() => void edge.refresh(), source.pollIntervalMs);
  const committing = setInterval(() => {
    const served = edge.state.serving;
    if (served !== null) void source.commit(served.loaded.manifest);
  }, COMMIT_MS);
  keep({
    close() {
      clearInterval(reading);
      clearInterval(committing);
    },
  });
  keep(source.follow(edge.refresh));
  const status = () => {
    const { serving } = edge.state;
    return Promise.resolve({ snapshot: serving === null ? null : versionOf(serving.loaded) });
  };
  return { edge, admin: { status, actions: new Map() } };
}

interface HealthEdgeParts {
  readonly name: string;
  readonly audience: string;
  readonly store: EdgeStore;
  readonly verify: NodeEdgeDeps["verify"];
  readonly bundled: EdgeStore["get"] | null;
}

/** An edge that serves nobody: it reads snapshots and probes, and its health is what names are answered by. */
async function healthEdge(
  { name, audience, store, verify, bundled }: HealthEdgeParts,
  { allowPrivateOrigins, probeIntervalMs }: NameServerOptions,
  deps: Deps,
): Promise<Edge & { close(): void }> {
  const source = { get: store.get, digest: sha256Hex, verify, audience, lacking: {} };
  const edge = createEdge(
    { name, location: null, debugToken: null, trustedProxies: [], trustedHops: 0, trustedHeader: null },
    {
      source,
      report: store.report,
      locator: null,
      headerLocation: null,
      zonePoint: timeZonePoint,
      pinKeys: null,
      accessLog: null,
      log: (line) => deps.err(`${line}\n`),
      metrics: edgeMetrics,
      now: Date.now,
      random: Math.random,
    },
  );
  // Whoever gets an address of a dead cluster has no second try: one that answers is worth more than doubt.
  edge.state.probes.doubtsAt = "all";
  await edge.coldStart(bundled === null ? null : { ...source, get: bundled });
  const prober = nodeProber({ allowPrivateOrigins });
  const timing = { intervalMs: probeIntervalMs, exchange: false, now: Date.now, random: Math.random };
  const probes = probeOrigins(edge, prober, timing);
  return {
    ...edge,
    close() {
      probes.close();
      prober.close();
    },
  };
}
