/** `portolan edge --store`: one edge that reads what a control function has published. Wiring only. */
import type { CliDeps, Running, StoreEdgeOptions } from "../src/cli/deps.ts";
import { newTap, tapFilter } from "../src/edge/tap.ts";
import { listenerFor, openCertificates } from "./certificates.ts";
import { openDatabase } from "./database.ts";
import { openHopKeys, pinKeysOf, portFailure } from "./files-edge.ts";
import { openEdgeSource } from "./edge-source.ts";
import { readPublicKeys } from "./key-files.ts";
import { lineBuffer } from "./line-buffer.ts";
import { startAdmin } from "./node-admin.ts";
import { type NodeEdgeOptions, startNodeEdge } from "./node-edge.ts";

/** A snapshot that is served is kept within this time. */
const COMMIT_MS = 1_000;

/** Starts everything or fails with what is wrong and what to try. */
export async function startStoreEdge(
  options: StoreEdgeOptions,
  deps: Pick<CliDeps, "out" | "err">,
  world: OneMachine = {},
): Promise<Running> {
  const running: { close(): unknown }[] = [];
  const keep = <T extends { close(): unknown }>(part: T): T => {
    running.push(part);
    return part;
  };
  const close = async () => {
    for (const part of running.splice(0).reverse()) await part.close();
  };
  try {
    return { banner: await startParts({ ...options, ...world }, deps, keep), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What only a world on one machine needs, where every cluster is equally near. */
type OneMachine = Pick<NodeEdgeOptions, "missingWayUs" | "probeIntervalMs">;

async function startParts(
  options: StoreEdgeOptions & OneMachine,
  deps: Pick<CliDeps, "out" | "err">,
  keep: <T extends { close(): unknown }>(part: T) => T,
): Promise<readonly string[]> {
  const log = (line: string): void => deps.err(`${line}\n`);
  const verify = await readPublicKeys(options.publicKeys);
  const source = await openEdgeSource(options, keep, log);
  const keys = options.hopKeys === null ? null : keep(await openHopKeys(options.hopKeys, { log }));
  const locator = options.geoip === null ? null : keep(await openDatabase(options.geoip, { onProblem: log }));
  const { tls } = options.listener;
  const certificates = tls === null ? null : keep(await openCertificates(tls, () => [], log));
  const tap = newTap(Date.now);
  // Kept before the edge, so that it is closed behind it.
  const lines = keep(lineBuffer(deps.out));
  const node = keep(
    await startNodeEdge(
      { ...options, ...listenerFor(options, certificates), pollIntervalMs: source.pollIntervalMs },
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
  const { edge, url, plainUrl } = node;
  const committing = setInterval(() => {
    const served = edge.state.serving;
    if (served !== null) void source.commit(served.loaded.manifest);
  }, COMMIT_MS);
  keep({ close: () => clearInterval(committing) });
  keep(source.follow(edge.refresh));
  const plain = plainUrl === null ? [] : [`plain      ${plainUrl}`];
  const banner = [`edge       ${url}`, ...plain, ...source.banner];
  if (options.admin === null) return banner;
  const admin = keep(
    await startAdmin(options.admin, {
      metricsText: edge.metricsText,
      notReady: edge.notReady,
      status: () => Promise.resolve(servedNow(edge.state.serving)),
      tap: (query) => tap.listen(tapFilter(query)),
      actions: new Map(),
    }).catch((error: unknown) => portFailure(error, "--admin", options.admin)),
  );
  return [...banner, `admin      ${admin.url}`];
}

/** What this edge serves; the state of everything is control's to tell. */
export function servedNow(
  serving: {
    readonly loaded: {
      readonly manifest: { epoch: number; generation: number; publishedAtMs: number };
      readonly hash: string;
    };
  } | null,
): object {
  if (serving === null) return { snapshot: null };
  const { epoch, generation, publishedAtMs } = serving.loaded.manifest;
  return { snapshot: { epoch, generation, publishedAtMs, hash: serving.loaded.hash } };
}
