/**
 * The store read over HTTP(S), for edges: `GET <base>/<key>`, validated by ETag, so that an unchanged manifest costs an
 * empty 304. Any server of files does; the signature makes the content trustworthy, not the server.
 */
import { checkKey, isImmutable } from "./store.ts";

export interface HttpReaderOptions {
  /** Bound of one read in ms. */
  readonly timeoutMs?: number;
}

/** Reads text by key: null for 404, rejects for everything that is neither the value nor its absence. */
export function httpReader(base: string, options: HttpReaderOptions = {}): (key: string) => Promise<string | null> {
  const { timeoutMs = 5000 } = options;
  const root = base.endsWith("/") ? base : `${base}/`;
  // The keys that change under the same name; others are named by their hash and read once.
  const validated = new Map<string, { readonly etag: string; readonly text: string }>();
  return async (key) => {
    const known = validated.get(checkKey(key));
    const response = await fetch(`${root}${key}`, {
      headers: known === undefined ? {} : { "if-none-match": known.etag },
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (response.status === 304 && known !== undefined) return known.text;
    if (response.status === 404) return null;
    if (response.status !== 200) throw new Error(`Cannot read "${key}" from ${root}: it answered ${response.status}`);
    const text = await response.text();
    const etag = response.headers.get("etag");
    if (etag !== null && !isImmutable(key)) validated.set(key, { etag, text });
    return text;
  };
}
