/** What is Cloudflare's own about the start: its bindings, and its KV namespace as a store. */
import type { KVNamespace } from "@cloudflare/workers-types";
import { httpReader } from "../src/store/http-reader.ts";
import { workersKvReader, workersKvReporter } from "../src/store/workers-kv.ts";
import type { IsolateEnv } from "./isolate-env.ts";
import { type IsolateStart, type IsolateStore, startIsolate } from "./isolate-start.ts";

export interface CloudflareEnv extends IsolateEnv {
  /** Workers KV namespace that control publishes to. At least one of this and SNAPSHOT_URL. */
  readonly SNAPSHOTS?: KVNamespace;
  /** The zone whose names `resolveOverride` may connect to while Host stays the public one. */
  readonly ZONE?: string;
  /** `workerd` for a self-hosted runtime, where a client could write CF-Connecting-IP itself. */
  readonly PLATFORM?: "cloudflare" | "workerd";
}

const REPORT_INTERVAL_MS = 60_000;

/** Rejects with the name of a binding that is missing or malformed. */
export async function startCloudflare(env: CloudflareEnv): Promise<IsolateStart> {
  return await startIsolate(env, storeOf(env));
}

/** KV first; the second store is asked only when the first cannot be reached. */
function storeOf({ SNAPSHOTS: namespace, SNAPSHOT_URL: url }: CloudflareEnv): IsolateStore {
  const http = url === undefined ? null : httpReader(url);
  if (namespace === undefined) {
    if (http !== null) return { get: http, report: null };
    throw new RangeError(
      "Cannot start: neither SNAPSHOTS (a KV namespace) nor SNAPSHOT_URL is bound; bind one of them",
    );
  }
  const kv = workersKvReader(namespace);
  return {
    get: http === null ? kv : (key) => kv(key).catch(() => http(key)),
    report: workersKvReporter(namespace, REPORT_INTERVAL_MS, Date.now),
  };
}
