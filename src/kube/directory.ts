import { type FSWatcher, watch } from "node:fs";
import { join } from "node:path";
import type { Problem } from "../core/objects.ts";
import { type FolderContent, readFolder } from "./folder.ts";
import { type ManifestSource, manifestSource } from "./manifest-source.ts";
import type { ManifestFile } from "./manifest-set.ts";
import type { ObjectReader } from "./reader.ts";
import { dnsLabel } from "./schema/names.ts";

/** A directory of Kubernetes YAML as sources of objects; watched until `close`. */
export interface ManifestDirectory {
  /** `DIR/*.yaml|yml|json`: Cluster, TrafficPolicy, HostClaim and federated Ingress objects. */
  readonly config: ObjectReader;
  /** One reader per folder `DIR/<cluster>/` ever seen, sorted by name. A folder that is gone is not reachable. */
  clusters(): readonly ObjectReader[];
  /** Called after a folder appeared that no reader was for. */
  onClusters(listener: () => void): void;
  /** Closes all readers too; idempotent. */
  close(): Promise<void>;
}

export interface DirectoryOptions {
  /** Changes are read when there was none for so long, so that a burst, or a file in the making, is one change. */
  readonly debounceMs?: number;
  /** How long a manifest may be missing before its objects count as deleted: some editors delete and write anew. */
  readonly deletionGraceMs?: number;
  /** How often the directory is compared where the system reports no changes: network mounts, links. */
  readonly pollIntervalMs?: number;
  readonly now?: () => number;
}

/** A burst of changes is read after so many pauses, even when it goes on. */
const LONGEST_BURST = 8;

/**
 * Opens a directory and reads it once. A directory that does not exist is a source that is not reachable, and is used
 * as soon as it appears; bad files are told in the observations' problems. Never rejects.
 */
export async function directoryReaders(dir: string, options: DirectoryOptions = {}): Promise<ManifestDirectory> {
  const { debounceMs = 40, deletionGraceMs = 250, pollIntervalMs = 500, now = Date.now } = options;
  const config = folderReader(null, now);
  const clusters = new Map<string, FolderReader>();
  const clusterListeners: (() => void)[] = [];
  const vanishing = new Map<string, number>();
  const watchers = folderWatchers(() => schedule());
  let debounce: NodeJS.Timeout | null = null;
  let burstSinceMs = 0;
  let scanning: Promise<void> = Promise.resolve();
  let closed = false;

  async function scan(force: boolean): Promise<void> {
    if (closed) return;
    const top = await readFolder(dir, force ? null : config.signature);
    const names = top?.ok ? top.folders : [];
    config.take(unlessVanishing("", config, top), top?.ok ? names.flatMap((name) => misnamed(dir, name)) : []);
    const added = names.filter((name) => !clusters.has(name) && dnsLabel(name) === null);
    for (const name of added) clusters.set(name, folderReader(name, now));
    await Promise.all(
      [...clusters].map(async ([name, reader]) => {
        const content = await readFolder(join(dir, name), force ? null : reader.signature);
        reader.take(unlessVanishing(name, reader, content));
      }),
    );
    if (closed) return;
    watchers.keep([dir, ...[...clusters.keys()].map((name) => join(dir, name))]);
    if (added.length > 0) for (const listener of clusterListeners) listener();
  }

  function queue(force: boolean): Promise<void> {
    scanning = scanning.then(() => scan(force));
    return scanning;
  }

  function schedule(pauseMs: number = debounceMs): void {
    const nowMs = performance.now();
    if (debounce === null) burstSinceMs = nowMs;
    // Somebody who writes without end must not keep the rest from being read.
    else if (nowMs - burstSinceMs > debounceMs * LONGEST_BURST) return;
    else clearTimeout(debounce);
    debounce = setTimeout(() => {
      debounce = null;
      void queue(true);
    }, pauseMs);
  }

  /** Null, for "as before", while a manifest has only just gone missing. */
  function unlessVanishing(key: string, reader: FolderReader, content: FolderContent | null): FolderContent | null {
    if (content === null) return null;
    const isVanishing = content.ok && reader.misses(content);
    const sinceMs = isVanishing ? (vanishing.get(key) ?? performance.now()) : null;
    const leftMs = sinceMs === null ? 0 : sinceMs + deletionGraceMs - performance.now();
    if (sinceMs === null || leftMs <= 0) {
      vanishing.delete(key);
      return content;
    }
    vanishing.set(key, sinceMs);
    schedule(leftMs);
    return null;
  }

  await queue(true);
  const poll = setInterval(() => void queue(false), pollIntervalMs);
  // What changed between the first reading and the first watch has no event of its own.
  await queue(false);
  return {
    config: config.reader,
    clusters: () => [...clusters].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { reader }]) => reader),
    onClusters: (listener) => void clusterListeners.push(listener),
    async close() {
      closed = true;
      clearInterval(poll);
      if (debounce !== null) clearTimeout(debounce);
      watchers.keep([]);
      await scanning;
    },
  };
}

interface FolderReader {
  readonly reader: ObjectReader;
  readonly signature: string | null;
  /** Whether a manifest that was there is not in the folder now. */
  misses(content: { readonly files: readonly ManifestFile[] }): boolean;
  take(content: FolderContent | null, more?: readonly Problem[]): void;
}

function folderReader(cluster: string | null, now: () => number): FolderReader {
  const source: ManifestSource = manifestSource(cluster, now);
  let listeners: (() => void)[] = [];
  let signature: string | null = null;
  let files: readonly string[] = [];
  return {
    misses(content) {
      const present = new Set(content.files.map(({ file }) => file));
      return files.some((file) => !present.has(file));
    },
    get signature() {
      return signature;
    },
    take(content, more) {
      if (content !== null) signature = content.ok ? content.signature : null;
      if (content?.ok) files = content.files.map(({ file }) => file);
      if (source.update(content, more)) for (const listener of listeners) listener();
    },
    reader: {
      cluster,
      start: () => Promise.resolve(),
      observe: () => source.observe(),
      onChange: (listener) => void listeners.push(listener),
      close() {
        listeners = [];
        return Promise.resolve();
      },
    },
  };
}

function misnamed(dir: string, name: string): Problem[] {
  const wrong = dnsLabel(name);
  if (wrong === null) return [];
  const message = `Cannot use the folder ${JSON.stringify(name)} as a cluster: ${wrong}`;
  const position = { file: join(dir, name), line: 1, column: 1 };
  return [{ severity: "warning", reason: "FolderIgnored", cluster: null, object: "", field: "", message, position }];
}

/** Watches exactly the folders given last. A folder that cannot be watched is left to the poll. */
function folderWatchers(onEvent: () => void): { keep(paths: readonly string[]): void } {
  const open = new Map<string, FSWatcher>();
  function drop(path: string): void {
    open.get(path)?.close();
    open.delete(path);
  }
  return {
    keep(paths) {
      for (const path of open.keys()) if (!paths.includes(path)) drop(path);
      for (const path of paths) {
        if (open.has(path)) continue;
        try {
          // A folder that was replaced keeps its old watch alive on Linux, so its own removal ends the watch.
          const watcher = watch(path, (event, name) => {
            if (event === "rename" && name !== null && path.endsWith(name)) drop(path);
            onEvent();
          });
          watcher.on("error", () => drop(path));
          open.set(path, watcher);
        } catch {
          continue;
        }
      }
    },
  };
}
