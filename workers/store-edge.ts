/** `portolan edge --store`: one edge that reads what a control function has published. Wiring only. */
import { stat } from "node:fs/promises";
import { causeOf } from "../src/core/cause.ts";
import type { CliDeps, Running, StoreEdgeOptions } from "../src/cli/deps.ts";
import { Failure } from "../src/cli/failure.ts";
import { newTap, tapFilter } from "../src/edge/tap.ts";
import { fileStore } from "../src/store/file.ts";
import { followStore } from "../src/store/follow.ts";
import { httpStore } from "../src/store/http.ts";
import { httpReader } from "../src/store/http-reader.ts";
import { keptReader } from "../src/store/kept.ts";
import { textStore } from "../src/store/text.ts";
import { openDatabase } from "./database.ts";
import { openHopKeys, pinKeysOf, portFailure } from "./files-edge.ts";
import { readPublicKeys, tokenFile } from "./key-files.ts";
import { lineBuffer } from "./line-buffer.ts";
import { startAdmin } from "./node-admin.ts";
import { edgeStore, type EdgeStore, startNodeEdge } from "./node-edge.ts";

/** Read so often whatever the store says of changes: another process may write to it. */
const POLL_MS = 2_000;
/** A folder is read as often as this: nobody tells when it changes. */
const FOLDER_POLL_MS = 200;
/** An edge tells about itself so often, not at each change. */
const REPORT_MS = 2_000;

/** Starts everything or fails with what is wrong and what to try. */
export async function startStoreEdge(options: StoreEdgeOptions, deps: Pick<CliDeps, "out" | "err">): Promise<Running> {
  const running: { close(): unknown }[] = [];
  const keep = <T extends { close(): unknown }>(part: T): T => {
    running.push(part);
    return part;
  };
  const close = async () => {
    for (const part of running.splice(0).reverse()) await part.close();
  };
  try {
    return { banner: await startParts(options, deps, keep), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startParts(
  options: StoreEdgeOptions,
  deps: Pick<CliDeps, "out" | "err">,
  keep: <T extends { close(): unknown }>(part: T) => T,
): Promise<readonly string[]> {
  const log = (line: string): void => deps.err(`${line}\n`);
  const verify = await readPublicKeys(options.publicKeys);
  const isRemote = /^https?:\/\//.test(options.store);
  const source = isRemote ? await remoteStore(options) : edgeStore(fileStore(await folder(options.store)));
  const cache = options.cache === null ? null : fileStore(options.cache);
  const kept =
    cache === null
      ? null
      : keptReader(source.get, cache, (error) =>
          log(`Cannot keep the snapshot in ${options.cache}: ${causeOf(error)}`),
        );
  const keys = options.hopKeys === null ? null : keep(await openHopKeys(options.hopKeys, { log }));
  const locator = options.geoip === null ? null : keep(await openDatabase(options.geoip, { onProblem: log }));
  const tap = newTap(Date.now);
  // Kept before the edge, so that it is closed behind it.
  const lines = keep(lineBuffer(deps.out));
  const node = keep(
    await startNodeEdge(
      { ...options, pollIntervalMs: isRemote ? POLL_MS : FOLDER_POLL_MS },
      {
        store: { ...source, get: kept?.get ?? source.get },
        verify,
        bundled: kept?.kept ?? null,
        locator,
        pinKeys: await pinKeysOf(process.env.PORTOLAN_PIN_KEYS),
        accessLog: lines.add,
        log,
        tap,
        ...(keys === null ? {} : { sign: (request) => keys.current().sign(request, Date.now()) }),
      },
    ).catch((error: unknown) => portFailure(error, "--listen", options.listen)),
  );
  const { edge, url } = node;
  const commit = () => {
    const served = edge.state.serving;
    return served === null ? undefined : kept?.commit(served.loaded.manifest);
  };
  const committing = setInterval(() => void commit(), POLL_MS);
  keep({ close: () => clearInterval(committing) });
  if (isRemote)
    keep(followStore(options.store, { changed: edge.refresh, intervalMs: POLL_MS, onProblem: () => undefined }));
  const banner = [`edge       ${url}`];
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
function servedNow(
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

async function remoteStore({ store, tokenFile: file }: StoreEdgeOptions): Promise<EdgeStore> {
  const get = httpReader(store);
  if (file === null) return { get, report: null };
  const token = tokenFile(file);
  await token();
  const text = textStore(httpStore(store, { token }));
  let nextMs = 0;
  return {
    get,
    async report(edge, report) {
      if (Date.now() < nextMs) return;
      nextMs = Date.now() + REPORT_MS;
      await text.put(`reports/${edge}`, report, "any");
    },
  };
}

async function folder(path: string): Promise<string> {
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory() === true) return path;
  throw new Failure(
    `Cannot read the store "${path}": it is neither a URL nor a folder`,
    "--store http://127.0.0.1:8081",
  );
}
