/** Where control pushes what it publishes. */

/** A KV store at the edge, by its vendor's API. */
export type KvSettings = (
  | { readonly workersKv: { readonly account: string; readonly namespace: string } }
  | { readonly fastlyKv: { readonly store: string } }
) & {
  /** Null for the vendor's own API. */
  readonly endpoint: string | null;
  /** Shortest time between two writes of the overlay. */
  readonly intervalMs: number;
  /** The snapshot in parts, and nothing else; on Fastly always. */
  readonly parts: boolean;
};

/** Where control pushes what it publishes. Without a file the token of a KV store is in the environment. */
export type PushSettings = { readonly tokenFile: string | null } & ({ readonly url: string } | KvSettings);

/** Often enough that the overlay has not expired, seldom enough to cost little. */
const KV_INTERVAL_MS = 10_000;

/** What YAML may leave out, or say nothing of. */
export type Maybe<T> = T | null | undefined;

/** An entry of `spec.push`, which says exactly one of the three. */
export function pushOf(said: {
  url?: Maybe<string>;
  workersKv?: Maybe<{ account: string; namespace: string }>;
  fastlyKv?: Maybe<{ store: string }>;
  tokenFile?: Maybe<string>;
  endpoint?: Maybe<string>;
  interval?: Maybe<number>;
  parts?: Maybe<boolean>;
}): PushSettings {
  const { workersKv, fastlyKv, url } = said;
  const tokenFile = said.tokenFile ?? null;
  const parts = said.parts === true || Boolean(fastlyKv);
  const kv = { tokenFile, parts, endpoint: said.endpoint ?? null, intervalMs: said.interval ?? KV_INTERVAL_MS };
  if (workersKv) return { ...kv, workersKv };
  if (fastlyKv) return { ...kv, fastlyKv };
  return { tokenFile, url: url ?? "" };
}
