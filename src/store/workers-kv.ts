/**
 * The store as Cloudflare's edges see it: a Workers KV namespace. Reads may be up to a minute old, which the version
 * order of manifests makes harmless (FM15); there is no conditional write, so control never publishes through this.
 */

/** The part of a KV namespace that is used. */
export interface KvNamespace {
  get(key: string, options: { readonly type: "text"; readonly cacheTtl: number }): Promise<string | null>;
  put(key: string, value: string, options: { readonly expirationTtl: number }): Promise<void>;
}

/** Workers KV's own minimum. */
const FRESH_SECONDS = 30;
/** A slice is named by its hash and never changes. */
const SLICE_SECONDS = 86_400;
const REPORT_EXPIRES_SECONDS = 300;

/** Text by key, null when there is none; rejects when KV cannot be reached. */
export function workersKvReader(namespace: KvNamespace): (key: string) => Promise<string | null> {
  return (key) =>
    namespace.get(key, { type: "text", cacheTtl: key.startsWith("slices/") ? SLICE_SECONDS : FRESH_SECONDS });
}

/** Writes reports, one per edge in `intervalMs` at most, since KV takes one write a second per key. */
export function workersKvReporter(
  namespace: KvNamespace,
  intervalMs: number,
  now: () => number,
): (edge: string, text: string) => Promise<void> {
  let nextMs = 0;
  return async (edge, text) => {
    if (now() < nextMs) return;
    nextMs = now() + intervalMs;
    await namespace.put(`reports/${edge}`, text, { expirationTtl: REPORT_EXPIRES_SECONDS });
  };
}
