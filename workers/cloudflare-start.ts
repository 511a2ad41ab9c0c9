/** What is Cloudflare's own about the start: its bindings, and its KV namespace as a store. */
import type { KVNamespace } from "@cloudflare/workers-types";
import { cloudflare } from "../src/core/geo/regions/cloudflare-colos.ts";
import { fastly } from "../src/core/geo/regions/fastly-pops.ts";
import { readRegions } from "../src/core/geo/regions/region-text.ts";
import { httpReader } from "../src/store/http-reader.ts";
import { withSecond } from "../src/store/second.ts";
import { workersKvReader, workersKvReporter } from "../src/store/workers-kv.ts";
import type { IsolateEnv } from "./isolate-env.ts";
import { type IsolateStart, type IsolateStore, startIsolate } from "./isolate-start.ts";

export { cloudflareLocation } from "../src/core/geo/platform-location.ts";

/** What Cloudflare's Secrets Store gives instead of text. */
export interface StoredSecret {
  get(): Promise<string>;
}

const SECRETS = ["HOP_KEYS", "PIN_KEYS", "DEBUG_TOKEN", "OTEL_EXPORTER_OTLP_HEADERS"] as const;
type Secret = (typeof SECRETS)[number];

export interface CloudflareEnv
  extends Omit<IsolateEnv, Secret>,
    Partial<Readonly<Record<Secret, string | StoredSecret>>> {
  /** Workers KV namespace that control publishes to. At least one of this and SNAPSHOT_URL. */
  readonly SNAPSHOTS?: KVNamespace;
  /** The zone whose names `resolveOverride` may connect to while Host stays the public one. */
  readonly ZONE?: string;
  /** `workerd` for a self-hosted runtime, where a client could write CF-Connecting-IP itself. */
  readonly PLATFORM?: "cloudflare" | "workerd";
}

const REPORT_INTERVAL_MS = 60_000;

/**
 * `colo` is the place of Cloudflare that this isolate is in, as `request.cf` names it: an isolate does not move. Rejects with
 * the name of a binding that is missing or malformed.
 */
export async function startCloudflare(env: CloudflareEnv, colo: string): Promise<IsolateStart> {
  const code = colo.toUpperCase();
  const point = [...readRegions(cloudflare), ...readRegions(fastly)].find(([name]) => name === code)?.[1];
  const place = point === undefined ? {} : { LOCATION: `${point.latitude},${point.longitude}` };
  return await startIsolate({ ...place, ...(await withSecrets(env)) }, storeOf(env));
}

/** Secrets as text, wherever they are kept; rejects when the Secrets Store does not hold one that is bound. */
async function withSecrets(env: CloudflareEnv): Promise<IsolateEnv> {
  const { HOP_KEYS: _hop, PIN_KEYS: _pin, DEBUG_TOKEN: _debug, OTEL_EXPORTER_OTLP_HEADERS: _otlp, ...plain } = env;
  const read = SECRETS.map(async (name): Promise<Partial<Record<Secret, string>>> => {
    const value = env[name];
    if (value === undefined) return {};
    return { [name]: typeof value === "string" ? value : await value.get() };
  });
  return Object.assign({}, plain, ...(await Promise.all(read)));
}

/** KV first; the second store is asked when the first cannot be reached or does not have it. */
export function storeOf({ SNAPSHOTS: namespace, SNAPSHOT_URL: url }: CloudflareEnv): IsolateStore {
  const http = url === undefined ? null : httpReader(url);
  if (namespace === undefined) {
    if (http !== null) return { get: http, report: null };
    throw new RangeError(
      "Cannot start: neither SNAPSHOTS (a KV namespace) nor SNAPSHOT_URL is bound; bind one of them",
    );
  }
  const kv = workersKvReader(namespace);
  return {
    get: http === null ? kv : withSecond(kv, http),
    report: workersKvReporter(namespace, REPORT_INTERVAL_MS, Date.now),
  };
}
