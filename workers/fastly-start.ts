/** What is Fastly's own about the start: settings, secrets and snapshots out of its stores, and the place of its POPs. */
import { SimpleCache } from "fastly:cache";
import { ConfigStore } from "fastly:config-store";
import { env } from "fastly:env";
import { KVStore } from "fastly:kv-store";
import { SecretStore } from "fastly:secret-store";
import bundled from "bundled-snapshot";
import { fastly } from "../src/core/geo/regions/fastly-pops.ts";
import { readRegions } from "../src/core/geo/regions/region-text.ts";
import type { FollowDeps } from "../src/edge/follow.ts";
import { withSecond } from "../src/store/second.ts";
import { readOver } from "./fastly-backends.ts";
import { type KeptTexts, keptTexts } from "./fastly-kept.ts";
import { decoded } from "./fetch-start.ts";
import type { IsolateEnv } from "./isolate-env.ts";
import { type IsolateStart, startIsolate } from "./isolate-start.ts";

export interface FastlyStart extends IsolateStart {
  readonly name: string;
  /** Backends that the service declares, by the host that they connect to. */
  readonly backends: ReadonlyMap<string, string>;
  readonly kept: KeptTexts;
  /** Into the KV Store, where control fetches it; null where there is none. */
  readonly report: FollowDeps["report"];
}

/** Read when the package is built, not when a request comes. */
const POPS = new Map(readRegions(fastly));

const TEXTS = ["SNAPSHOT_URL", "AUDIENCE", "EDGE_NAME", "LOCATION", "POLL_SECONDS", "ALLOW_PRIVATE_ORIGINS"] as const;
const REPORT_SECONDS = 60;
const REPORT_EXPIRES_SECONDS = 300;
const SECRETS = ["DEBUG_TOKEN", "HOP_KEYS", "PIN_KEYS"] as const;

/** Rejects with the name of a setting that is missing or malformed. */
export async function startFastly(): Promise<FastlyStart> {
  const pop = env("FASTLY_POP") ?? "";
  const point = POPS.get(pop);
  const place = point === undefined ? {} : { LOCATION: `${point.latitude},${point.longitude}` };
  const store = opened(() => new ConfigStore("settings"));
  if (store === null) throw new RangeError('Cannot start: no Config Store is linked as "settings"');
  const given: IsolateEnv = { ...place, ...settingsIn(store), ...(await secrets()) };
  const own = bundled === null ? {} : { BUNDLED_SNAPSHOT: bundled };
  const kv = opened(() => new KVStore("snapshots"));
  const kept = keptTexts(storeOf(given, kv), Number(given.POLL_SECONDS ?? "10"));
  const started = await startIsolate({ ...given, ...own }, { get: kept.get, report: null });
  // One for each POP: they are edges of their own, and report as such.
  const name = [given.EDGE_NAME ?? "fastly", pop.toLowerCase()].filter((word) => word !== "").join("-");
  const declared = decoded<Readonly<Record<string, string>>>("BACKENDS", store.get("BACKENDS") ?? undefined) ?? {};
  const last = async (key: string) => (await kept.good(key)) ?? (await started.bundled?.get(key)) ?? null;
  return {
    ...started,
    bundled: { ...started.source, get: last },
    name,
    kept,
    report: kv === null ? null : reporter(kv),
    backends: new Map(Object.entries(declared)),
  };
}

function settingsIn(store: ConfigStore): IsolateEnv {
  const texts = TEXTS.map((name) => [name, store.get(name)]).filter(([, value]) => value !== null);
  const keys = decoded<NonNullable<IsolateEnv["PUBLIC_KEYS"]>>("PUBLIC_KEYS", store.get("PUBLIC_KEYS") ?? undefined);
  return { ...Object.fromEntries(texts), ...(keys === undefined ? {} : { PUBLIC_KEYS: keys }) };
}

/** A service without a Secret Store has no secrets. */
async function secrets(): Promise<IsolateEnv> {
  const store = opened(() => new SecretStore("secrets"));
  if (store === null) return {};
  const read = SECRETS.map(async (name): Promise<Partial<Record<string, string>>> => {
    const entry = await store.get(name);
    return entry === null ? {} : { [name]: entry.plaintext() };
  });
  return Object.assign({}, ...(await Promise.all(read)));
}

/** Each instance has one request to tell of: one in a minute tells for its POP. */
function reporter(kv: KVStore): FollowDeps["report"] {
  return async (edge, text) => {
    if (SimpleCache.get("reported") !== null) return;
    SimpleCache.set("reported", edge, REPORT_SECONDS);
    await kv.put(`reports/${edge}`, text, { ttl: REPORT_EXPIRES_SECONDS });
  };
}

/** The KV Store first; the second store is asked for what it does not have or cannot give. */
function storeOf({ SNAPSHOT_URL: url }: IsolateEnv, kv: KVStore | null): (key: string) => Promise<string | null> {
  const http = url === undefined ? null : (key: string) => readOver(url, key);
  if (kv === null && http === null) {
    throw new RangeError('Cannot start: no KV Store is linked as "snapshots", and SNAPSHOT_URL is not set');
  }
  if (kv === null) return http ?? (() => Promise.resolve(null));
  const fromKv = async (key: string) => (await (await kv.get(key))?.text()) ?? null;
  return http === null ? fromKv : withSecond(fromKv, http);
}

/** Fastly's way to say that nothing of that name is linked is an exception. */
function opened<T>(open: () => T): T | null {
  try {
    return open();
  } catch {
    return null;
  }
}
