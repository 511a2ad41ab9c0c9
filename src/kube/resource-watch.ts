import { type Backoff, type BackoffOptions, backoff } from "./backoff.ts";
import { type ApiConnection, type ApiFailure, causeText } from "./http.ts";
import { pause } from "./pause.ts";
import { isRecord } from "./plain.ts";

/** What a watched resource says, in order. Items are plain objects as the API sent them. */
export interface ResourceSink {
  /** A list begins: pages of before that were not followed by `listed` are forgotten. */
  listing(): void;
  page(items: readonly unknown[]): void;
  /** The pages were everything there is: what is not among them is absent, which is not an observed deletion. */
  listed(): void;
  stored(item: unknown): void;
  deleted(item: unknown): void;
  /** The API has no such resource, or none for us, and it need not have one. */
  absent(): void;
  /** The API answered a list or opened a watch. */
  succeeded(): void;
  /** An attempt failed, `failures` in a row. What was listed stays true until something else is known. */
  failed(cause: string, failures: number): void;
}

export interface ResourceWatchOptions {
  /** Items per page of a list. */
  readonly pageSize: number;
  /** A watch that sends nothing for so long is given up, bookmarks included. */
  readonly silenceMs: number;
  readonly listTimeoutMs: number;
  readonly backoff: BackoffOptions;
  /** A resource that an API may lack: 404 and 403 are no failures then, and it is asked for again after this. */
  readonly absentMs: number | null;
  /** Waits until one more list may begin, so that no trouble of an API makes us a trouble to it. */
  readonly mayList: (signal: AbortSignal) => Promise<void>;
}

export interface ResourceWatch {
  /** Resolves after the first attempt to list, whatever came of it. */
  readonly firstAttempt: Promise<void>;
  /** Forgets the resourceVersion and lists again at once. */
  relist(): void;
  close(): Promise<void>;
}

type Failure = Pick<ApiFailure, "cause" | "retryAfterMs"> & Partial<Pick<ApiFailure, "status">>;

/** Lists a resource and then watches it, for ever: `path` is for instance `/apis/networking.k8s.io/v1/ingresses`. */
export function watchResource(
  connection: ApiConnection,
  path: string,
  sink: ResourceSink,
  options: ResourceWatchOptions,
): ResourceWatch {
  const { promise: firstAttempt, resolve: attempted } = Promise.withResolvers<void>();
  const retry: Backoff = backoff(options.backoff);
  let current = new AbortController();
  let version: string | null = null;
  const stop = new AbortController();

  async function fail(failure: Failure, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const isAbsent = options.absentMs !== null && (failure.status === 404 || failure.status === 403);
    if (isAbsent) sink.absent();
    else sink.failed(failure.cause, retry.failures + 1);
    attempted();
    // What is not there is no trouble of the API, and must not take the turns of what is.
    if (isAbsent) return pause(options.absentMs ?? 0, signal);
    await retry.wait(failure.retryAfterMs, signal);
  }

  async function list(signal: AbortSignal): Promise<void> {
    await options.mayList(signal);
    if (signal.aborted) return;
    sink.listing();
    let next: string | null = "";
    let listVersion = "";
    while (next !== null) {
      const query = new URLSearchParams({
        limit: String(options.pageSize),
        ...(next === "" ? {} : { continue: next }),
      });
      const answer = await connection.get(`${path}?${query.toString()}`, options.listTimeoutMs, signal);
      if (signal.aborted) return;
      // 410: the continue token is too old. The list begins again, after a pause in case that goes on.
      if (!answer.ok) return fail(answer, signal);
      const page = pageOf(answer.body);
      if (page === null) return fail({ cause: "the API answered no list", retryAfterMs: null }, signal);
      sink.page(page.items);
      listVersion = page.version;
      next = page.next;
    }
    version = listVersion;
    retry.succeeded();
    sink.listed();
    sink.succeeded();
    attempted();
  }

  async function follow(from: string, signal: AbortSignal): Promise<void> {
    // Watches that all began together must not all end together.
    const seconds = Math.ceil(300 * (1 + options.backoff.random()));
    const query = `watch=true&allowWatchBookmarks=true&resourceVersion=${encodeURIComponent(from)}&timeoutSeconds=${seconds}`;
    const stream = await connection.stream(`${path}?${query}`, options.silenceMs, signal);
    if (signal.aborted) return;
    if (!stream.ok) {
      // A server that was away may be one that begins again from a backup: it would keep a watch from a version that
      // it has not reached yet open and silent. Only one that asks for patience is known to be the same.
      if (stream.status !== 429) version = null;
      return stream.status === 410 ? undefined : fail(stream, signal);
    }
    sink.succeeded();
    let events = 0;
    try {
      for await (const line of stream.lines) {
        if (signal.aborted) return;
        const failure = takeIn(line);
        // An expired version ends in a new list at once; other errors, such as a version from the future, wait.
        if (failure !== null) return failure.isExpired ? undefined : await fail(failure, signal);
        events += 1;
        retry.succeeded();
      }
    } catch (cause) {
      return fail({ cause: causeText(cause), retryAfterMs: null }, signal);
    }
    // The server ended the watch as it may. One that ends at once, again and again, must not spin.
    if (events === 0) await retry.wait(null, signal);
  }

  function takeIn(line: string): { cause: string; retryAfterMs: null; isExpired: boolean } | null {
    const event = eventOf(line);
    if (event === null) {
      version = null;
      return { cause: "the API sent an event that is not JSON", retryAfterMs: null, isExpired: false };
    }
    const { type, object } = event;
    if (type === "ERROR") {
      version = null;
      const code = isRecord(object) ? object["code"] : undefined;
      return { cause: `the watch ended with error ${String(code)}`, retryAfterMs: null, isExpired: code === 410 };
    }
    version = versionOf(object) ?? version;
    if (type === "ADDED" || type === "MODIFIED") sink.stored(object);
    if (type === "DELETED") sink.deleted(object);
    return null;
  }

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      current = new AbortController();
      const { signal } = current;
      if (version === null) await list(signal);
      else await follow(version, signal);
    }
  }

  const running = run();
  return {
    firstAttempt,
    relist() {
      version = null;
      current.abort();
    },
    async close() {
      stop.abort();
      current.abort();
      attempted();
      await running;
    },
  };
}

function pageOf(body: unknown): { items: readonly unknown[]; version: string; next: string | null } | null {
  if (!isRecord(body) || !isRecord(body["metadata"])) return null;
  const { resourceVersion, continue: next } = body["metadata"];
  const items = body["items"] ?? [];
  if (typeof resourceVersion !== "string" || !Array.isArray(items)) return null;
  return { items, version: resourceVersion, next: typeof next === "string" && next !== "" ? next : null };
}

function eventOf(line: string): { type: unknown; object: unknown } | null {
  try {
    const event: unknown = JSON.parse(line);
    return isRecord(event) ? { type: event["type"], object: event["object"] } : null;
  } catch {
    return null;
  }
}

function versionOf(object: unknown): string | null {
  const metadata = isRecord(object) ? object["metadata"] : undefined;
  const version = isRecord(metadata) ? metadata["resourceVersion"] : undefined;
  return typeof version === "string" ? version : null;
}
