import type { Observation } from "../core/objects.ts";
import type { ApiAccess } from "./access/access.ts";
import type { ItemChange } from "./agent/message.ts";
import { type ApiObjects, apiObjects } from "./api-objects.ts";
import { type ApiConnection, apiConnection } from "./http.ts";
import { listPace } from "./list-pace.ts";
import { apiLiveness } from "./liveness.ts";
import type { ObjectReader } from "./reader.ts";
import { MEMBER_RESOURCES, type ReadResource } from "./resources.ts";
import { type ResourceSink, type ResourceWatch, watchResource } from "./resource-watch.ts";

/** How to reach the API of one named cluster. */
export interface ApiReaderAccess extends ApiAccess {
  /** Null for the config source. */
  readonly cluster: string | null;
}

/** Times are in ms. The defaults suit clusters anywhere; `portolan up` asks more often. */
export interface ApiReaderOptions {
  /** Told of each change as the API said it, before it is judged. */
  readonly tap?: (change: ItemChange) => void;
  /** What is read; a member's resources unless said otherwise. */
  readonly resources?: readonly ReadResource[];
  /** Whether Ingresses without a class are ours; default false. */
  readonly claimClassless?: boolean;
  /** A watch without a byte for so long is opened again; default 90 s, since servers send a bookmark each minute. */
  readonly silenceMs?: number;
  /** Asks `/readyz` so often and gives each answer as much time; null, the default, relies on the watches alone. */
  readonly livenessIntervalMs?: number | null;
  /** Unanswered calls in a row after which the API counts as unreachable; default 3. */
  readonly livenessFailures?: number;
  readonly pageSize?: number;
  readonly listTimeoutMs?: number;
  /** First and longest pause after a failure; default 250 ms and 30 s. */
  readonly backoff?: { readonly baseMs: number; readonly capMs: number };
  /** How often a cluster is asked for a resource that it lacks and need not have; default 30 s. */
  readonly absentMs?: number;
  /** How long changes are collected before listeners hear of them; default 20 ms. */
  readonly coalesceMs?: number;
  readonly now?: () => number;
  readonly random?: () => number;
}

/** One failed attempt may be a server that restarts; the second in a row makes the resource unreadable. */
const failuresUntilUnreadable = 2;

interface ResourceState {
  listed: boolean;
  fault: string | null;
}

/**
 * A cluster's API as a source of objects: list, then watch, of each resource. Whatever fails is tried again for ever;
 * meanwhile the objects stay. `reachable` is false while a resource cannot be read or `/readyz` does not answer; when
 * it answers again everything is listed anew, since a watch cannot be trusted across a partition.
 */
export function apiReader(access: ApiReaderAccess, options: ApiReaderOptions = {}): ObjectReader {
  const { now = Date.now, random = Math.random, coalesceMs = 20, livenessIntervalMs = null } = options;
  const { resources = MEMBER_RESOURCES } = options;
  const connection: ApiConnection = apiConnection(access);
  const objects: ApiObjects = apiObjects(access.cluster);
  const states = new Map<string, ResourceState>(resources.map(({ kind }) => [kind, { listed: false, fault: null }]));
  // One round of every resource at once, as after a restart; then one list a second.
  const mayList = listPace({ burst: 2 * resources.length, perMs: 1_000, now: () => performance.now() });
  let listeners: (() => void)[] = [];
  let watches: readonly ResourceWatch[] = [];
  let silent: string | null = null;
  let failingSinceMs: number | null = null;
  let observedAtMs = 0;
  let pending: NodeJS.Timeout | null = null;
  let closed = false;
  let last: Observation | null = null;

  function fault(): string | null {
    return silent ?? [...states.values()].find((state) => state.fault !== null)?.fault ?? null;
  }

  function changed(): void {
    last = null;
    const isFailing = fault() !== null;
    failingSinceMs = isFailing ? (failingSinceMs ?? now()) : null;
    if (closed) return;
    pending ??= setTimeout(() => {
      pending = null;
      for (const listener of listeners) listener();
    }, coalesceMs);
  }

  function heard(): void {
    observedAtMs = now();
  }

  function watch({ kind, path, optional = false }: ReadResource): ResourceWatch {
    const state = states.get(kind) ?? { listed: false, fault: null };
    // Whoever taps is told of a whole list at once, as the objects are replaced at once.
    let tapped: unknown[] = [];
    const sink: ResourceSink = {
      listing() {
        tapped = [];
        objects.begin(kind);
      },
      page(items: readonly unknown[]) {
        if (options.tap !== undefined) for (const item of items) tapped.push(item);
        objects.page(kind, items);
      },
      listed() {
        options.tap?.({ op: "replace", kind, items: tapped });
        tapped = [];
        objects.commit(kind);
        state.listed = true;
        changed();
      },
      stored(item: unknown) {
        heard();
        options.tap?.({ op: "store", kind, item });
        if (objects.store(kind, item)) changed();
      },
      deleted(item: unknown) {
        heard();
        options.tap?.({ op: "remove", kind, item });
        objects.remove(kind, item);
        changed();
      },
      absent() {
        // What was listed stays: only a list or a deletion that was seen says that something is gone.
        if (!state.listed) {
          sink.listing();
          sink.listed();
        }
        sink.succeeded();
      },
      succeeded() {
        heard();
        if (state.fault === null) return;
        state.fault = null;
        changed();
      },
      failed(cause: string, failures: number) {
        if (state.listed && failures < failuresUntilUnreadable) return;
        const message = `${path}: ${cause}`;
        if (state.fault === message) return;
        state.fault = message;
        changed();
      },
    };
    return watchResource(connection, path, sink, {
      pageSize: options.pageSize ?? 500,
      silenceMs: options.silenceMs ?? 90_000,
      listTimeoutMs: options.listTimeoutMs ?? 30_000,
      backoff: { baseMs: 250, capMs: 30_000, ...options.backoff, random },
      mayList,
      absentMs: optional ? (options.absentMs ?? 30_000) : null,
    });
  }

  const liveness = apiLiveness(connection, {
    intervalMs: livenessIntervalMs,
    failures: options.livenessFailures ?? 3,
    alive: heard,
    lost(cause) {
      silent = `/readyz: ${cause}`;
      changed();
    },
    back() {
      silent = null;
      for (const watch of watches) watch.relist();
      changed();
    },
  });

  return {
    cluster: access.cluster,
    async start() {
      if (watches.length > 0 || closed) return;
      watches = resources.map(watch);
      await Promise.all(watches.map(({ firstAttempt }) => firstAttempt));
      liveness.start();
    },
    observe() {
      const cause = fault();
      const complete = [...states.values()].every(({ listed }) => listed);
      last ??= {
        cluster: access.cluster,
        reachable: cause === null && complete,
        complete,
        observedAtMs,
        error: cause === null ? null : errorText(access.cluster, cause, failingSinceMs ?? 0),
        objects: objects.objects(),
        deleted: objects.deleted(),
        problems: objects.problems(),
        claimClassless: options.claimClassless ?? false,
      };
      return last.observedAtMs === observedAtMs ? last : { ...last, observedAtMs };
    },
    onChange: (listener) => void listeners.push(listener),
    async close() {
      closed = true;
      listeners = [];
      if (pending !== null) clearTimeout(pending);
      await Promise.all([liveness.close(), ...watches.map((watch) => watch.close())]);
      await connection.close();
    },
  };
}

function errorText(cluster: string | null, cause: string, sinceMs: number): string {
  const source = cluster === null ? "the config cluster" : `cluster ${JSON.stringify(cluster)}`;
  return `Cannot read ${source} since ${new Date(sinceMs).toISOString()}: ${cause}`;
}
