/** `portolan edge --store`: one edge that reads what a control function has published. Wiring only. */
import type { AdminDeps } from "../src/api/admin.ts";
import type { CliDeps, Running, StoreEdgeOptions } from "../src/cli/deps.ts";
import { newTap, tapFilter } from "../src/edge/tap.ts";
import { listenerFor, openOriginCertificate } from "./certificates.ts";
import { openTls } from "./sealed-certificates.ts";
import { openDatabase } from "./database.ts";
import { openHopKeys, pinKeysOf, portFailure } from "./files-edge.ts";
import { edgeExplain } from "./edge-explain.ts";
import { type EdgeProcesses, startProcesses } from "./edge-processes.ts";
import { type EdgeSource, openEdgeSource } from "./edge-source.ts";
import { type Keep, startAll } from "./keep.ts";
import { readPublicKeys } from "./key-files.ts";
import { lineBuffer } from "./line-buffer.ts";
import { startAdmin } from "./node-admin.ts";
import { type NodeEdgeOptions, startNodeEdge } from "./node-edge.ts";
import { type ServedVersion, versionOf } from "./process-messages.ts";

/** A snapshot that is served is kept within this time. */
const COMMIT_MS = 1_000;

/** Starts everything or fails with what is wrong and what to try. */
export async function startStoreEdge(
  options: StoreEdgeOptions,
  deps: Pick<CliDeps, "out" | "err">,
  world: OneMachine = {},
): Promise<Running> {
  return await startAll((keep) => startParts({ ...options, ...world }, deps, keep));
}

/** What only a world on one machine needs, where every cluster is equally near. */
type OneMachine = Pick<NodeEdgeOptions, "missingWayUs" | "probeIntervalMs">;

async function startParts(
  options: StoreEdgeOptions & OneMachine,
  deps: Pick<CliDeps, "out" | "err">,
  keep: Keep,
): Promise<Omit<Running, "close">> {
  const log = (line: string): void => deps.err(`${line}\n`);
  const source = await openEdgeSource(options, keep, log);
  const edge = await (options.processes > 0 ? inProcesses : inThisProcess)(options, { source, keep, deps, log });
  keep(source.follow(edge.refresh));
  const plain = edge.plainUrl === null ? [] : [`plain      ${edge.plainUrl}`];
  const banner = [`edge       ${edge.url}`, ...plain, ...source.banner];
  const { reload } = edge;
  if (options.admin === null) return { banner, reload };
  const admin = keep(
    await startAdmin(options.admin, {
      metricsText: edge.metricsText,
      notReady: edge.notReady,
      status: () => Promise.resolve({ snapshot: edge.served() }),
      tap: edge.tap,
      ...(edge.explain === null ? {} : { explain: edge.explain }),
      actions: new Map(),
    }).catch((error: unknown) => portFailure(error, "--admin", options.admin)),
  );
  return { banner: [...banner, `admin      ${admin.url}`], reload };
}

interface ServingParts {
  readonly source: EdgeSource;
  readonly keep: Keep;
  readonly deps: Pick<CliDeps, "out" | "err">;
  readonly log: (line: string) => void;
}

/** What serves, whether it is one process or several. */
interface ServingEdges extends Pick<EdgeProcesses, "url" | "plainUrl" | "notReady" | "tap" | "refresh" | "reload"> {
  readonly metricsText: () => string | Promise<string>;
  /** Null with several processes, each of which holds choices of its own. */
  readonly explain: NonNullable<AdminDeps["explain"]> | null;
  /** The snapshot in use; null before the first. */
  readonly served: () => ServedVersion | null;
}

async function inProcesses(
  options: StoreEdgeOptions & OneMachine,
  { source, keep, log }: ServingParts,
): Promise<ServingEdges> {
  let latest: ServedVersion | null = null;
  const { store, bundled, pollIntervalMs } = source;
  const onServed = (version: ServedVersion): void => {
    latest = version;
    void source.commit(version);
  };
  const processes = await startProcesses(
    { ...options, ...keptIn(options), from: null, pollIntervalMs },
    { store, bundled, onServed, log },
  ).catch((error: unknown) => portFailure(error, "--listen", options.listen));
  return { ...keep(processes), served: () => latest, explain: null };
}

/** What is pushed to the edge is in its cache already. */
function keptIn({ store, cache }: Pick<StoreEdgeOptions, "store" | "cache">): Pick<StoreEdgeOptions, "cache"> {
  return { cache: typeof store === "string" ? cache : null };
}

async function inThisProcess(
  options: StoreEdgeOptions & OneMachine,
  { source, keep, deps, log }: ServingParts,
): Promise<ServingEdges> {
  const verify = await readPublicKeys(options.publicKeys);
  const keys = options.hopKeys === null ? null : keep(await openHopKeys(options.hopKeys, { log }));
  const locator = options.geoip === null ? null : keep(await openDatabase(options.geoip, { onProblem: log }));
  const { tls } = options.listener;
  const certificates =
    tls === null
      ? null
      : keep(await openTls({ ...options, ...keptIn(options), tls, get: source.store.get, verify, log }));
  const clientCertificate = await openOriginCertificate(options.originCertificate);
  const tap = newTap(Date.now);
  // Kept before the edge, so that it is closed behind it.
  const lines = keep(lineBuffer(deps.out));
  const { edge, url, plainUrl } = keep(
    await startNodeEdge(
      { ...options, ...listenerFor(options, certificates), clientCertificate, pollIntervalMs: source.pollIntervalMs },
      {
        store: source.store,
        verify,
        bundled: source.bundled,
        locator,
        pinKeys: await pinKeysOf(process.env.PORTOLAN_PIN_KEYS),
        accessLog: lines.add,
        log,
        tap,
        ...(keys === null ? {} : { sign: (request) => keys.current().sign(request, Date.now()) }),
      },
    ).catch((error: unknown) => portFailure(error, "--listen", options.listen)),
  );
  const committing = setInterval(() => {
    const served = edge.state.serving;
    if (served !== null) void source.commit(served.loaded.manifest);
  }, COMMIT_MS);
  keep({ close: () => clearInterval(committing) });
  return {
    url,
    plainUrl,
    metricsText: edge.metricsText,
    notReady: () => edge.notReady() ?? certificates?.notReady() ?? null,
    explain: edgeExplain(edge, locator),
    served: () => (edge.state.serving === null ? null : versionOf(edge.state.serving.loaded)),
    tap: (query) => tap.listen(tapFilter(query)),
    refresh: async () => void (await Promise.all([edge.refresh(), certificates?.refresh()])),
    reload: async () => await certificates?.reload(),
  };
}
