/** Where an edge of `portolan edge` gets its snapshots: a store over HTTP, a folder, or what control pushes to it. */
import { stat } from "node:fs/promises";
import { causeOf } from "../src/core/cause.ts";
import type { Version } from "../src/core/model.ts";
import type { HostPort, StoreEdgeOptions } from "../src/cli/deps.ts";
import { Failure } from "../src/cli/failure.ts";
import { fileStore } from "../src/store/file.ts";
import { followStore } from "../src/store/follow.ts";
import { keptReader } from "../src/store/kept.ts";
import { memoryStore } from "../src/store/memory.ts";
import { watchedStore } from "../src/store/watched.ts";
import { portFailure } from "./files-edge.ts";
import type { Keep } from "./keep.ts";
import { controlMay, tokenFile } from "./key-files.ts";
import { startStoreApi } from "./node-admin.ts";
import { edgeStore, type EdgeStore } from "./node-edge.ts";
import { reportingStore } from "./reporting-store.ts";

/** Read so often whatever the store says of changes: another process may write to it. */
const POLL_MS = 2_000;
/** A folder is read as often as this: nobody tells when it changes. */
const FOLDER_POLL_MS = 200;

export interface EdgeSource {
  readonly store: EdgeStore;
  readonly pollIntervalMs: number;
  /** Of before the start, for as long as the store is away. */
  readonly bundled: EdgeStore["get"] | null;
  readonly banner: readonly string[];
  /** Calls `refresh` when something changed. */
  follow(refresh: () => Promise<void>): { close(): void };
  /** Keeps what was read, once it is served. */
  commit(served: Version): Promise<void>;
}

/** As much of an edge's options as says where to read. */
export type SourceOptions = Pick<StoreEdgeOptions, "store" | "tokenFile" | "cache">;

/** Opens it; a listener that it needs is kept. */
export async function openEdgeSource(
  options: SourceOptions,
  keep: Keep,
  log: (line: string) => void,
): Promise<EdgeSource> {
  const { store } = options;
  if (typeof store !== "string") return await received(options, store.receive, keep);
  const isRemote = /^https?:\/\//.test(store);
  const source = isRemote ? await remoteStore(store, options.tokenFile) : edgeStore(fileStore(await folder(store)));
  const { cache } = options;
  const kept =
    cache === null
      ? null
      : keptReader(source.get, fileStore(cache), (error) =>
          log(`Cannot keep the snapshot in ${cache}: ${causeOf(error)}`),
        );
  return {
    store: { ...source, get: kept?.get ?? source.get },
    pollIntervalMs: isRemote ? POLL_MS : FOLDER_POLL_MS,
    bundled: kept?.kept ?? null,
    banner: [],
    follow: (changed) =>
      isRemote
        ? followStore(store, { changed, intervalMs: POLL_MS, onProblem: () => undefined })
        : { close: () => undefined },
    commit: async (served) => kept?.commit(served),
  };
}

/** A store of the edge's own, which control writes to. */
async function received(options: SourceOptions, listen: HostPort, keep: Keep): Promise<EdgeSource> {
  const { cache, tokenFile: file } = options;
  const store = watchedStore(cache === null ? memoryStore() : fileStore(cache), crypto.randomUUID());
  const token = tokenFile(file ?? "");
  await token();
  const api = keep(
    await startStoreApi(listen, { store, may: controlMay(token), changes: null }).catch((error: unknown) =>
      portFailure(error, "--receive", listen),
    ),
  );
  return {
    store: edgeStore(store),
    pollIntervalMs: POLL_MS,
    bundled: null,
    banner: [`receives   ${api.url}`],
    follow(refresh) {
      const stop = new AbortController();
      const run = async () => {
        let known = "";
        while (!stop.signal.aborted) {
          const now = await store.changes(known, POLL_MS);
          if (now !== known && !stop.signal.aborted) await refresh();
          known = now;
        }
      };
      void run();
      return {
        close() {
          stop.abort();
          store.release();
        },
      };
    },
    commit: () => Promise.resolve(),
  };
}

async function remoteStore(store: string, file: string | null): Promise<EdgeStore> {
  if (file === null) return reportingStore(store, null);
  const token = tokenFile(file);
  await token();
  return reportingStore(store, token);
}

async function folder(path: string): Promise<string> {
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory() === true) return path;
  throw new Failure(
    `Cannot read the store "${path}": it is neither a URL nor a folder`,
    "--store http://127.0.0.1:8081",
  );
}
