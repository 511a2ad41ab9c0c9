/** A store that another process keeps, over HTTP: what `storeApi` serves. Versions are its ETags. */
import { checkKey, type PutCondition, type Store } from "./store.ts";

export interface HttpStoreOptions {
  /** Shown as a bearer token; asked for each request. */
  readonly token?: () => string | Promise<string>;
  /** Bound of one request in ms. */
  readonly timeoutMs?: number;
}

/** The store below a URL. Redirects are refused: a token goes to nobody else. */
export function httpStore(base: string, options: HttpStoreOptions = {}): Store {
  const { timeoutMs = 10_000 } = options;
  const root = base.endsWith("/") ? base : `${base}/`;

  async function once(method: string, path: string, more: RequestInit): Promise<Response> {
    const token = await options.token?.();
    return fetch(root + path, {
      method,
      ...more,
      // An answer like another, which nobody expects: workerd knows no "error".
      redirect: "manual",
      headers: {
        ...(more.headers as Record<string, string> | undefined),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      signal: AbortSignal.timeout(timeoutMs),
    });
  }

  async function send(method: string, path: string, more: RequestInit = {}): Promise<Response> {
    try {
      return await once(method, path, more);
    } catch (error) {
      // The server may have closed an idle connection at the moment it was used. What has a condition is not repeated:
      // it may have been carried out, and would then seem to have lost.
      const isConditional = more.headers !== undefined && Object.keys(more.headers).length > 0;
      const isTimeout = error instanceof Error && error.name === "TimeoutError";
      if (isConditional || isTimeout) throw error;
      return await once(method, path, more);
    }
  }
  const failed = (act: string, response: Response) =>
    new Error(`Cannot ${act} ${root}: it answered ${response.status}`);

  return {
    name: `http ${root}`,
    async get(key) {
      const response = await send("GET", checkKey(key));
      if (response.status === 404) return null;
      if (response.status !== 200) throw failed(`read "${key}" from`, response);
      return { value: new Uint8Array(await response.arrayBuffer()), version: versionOf(response) };
    },
    async put(key, value, condition) {
      const response = await send("PUT", checkKey(key), { body: new Uint8Array(value), headers: headersOf(condition) });
      await response.body?.cancel();
      if (response.status === 412) return null;
      if (!response.ok) throw failed(`write "${key}" to`, response);
      return versionOf(response);
    },
    async delete(key) {
      const response = await send("DELETE", checkKey(key));
      await response.body?.cancel();
      if (!response.ok && response.status !== 404) throw failed(`delete "${key}" from`, response);
    },
    async list(prefix) {
      const response = await send("GET", `?prefix=${encodeURIComponent(prefix)}`);
      if (response.status !== 200) throw failed("list", response);
      const keys: unknown = await response.json();
      if (!Array.isArray(keys) || !keys.every((key) => typeof key === "string"))
        throw failed("read the list of", response);
      return keys;
    },
  };
}

function headersOf(condition: PutCondition): Record<string, string> {
  if (condition === "any") return {};
  return condition.version === null ? { "if-none-match": "*" } : { "if-match": `"${condition.version}"` };
}

function versionOf(response: Response): string {
  const version = /^(?:W\/)?"([^"]+)"$/.exec(response.headers.get("etag") ?? "")?.[1];
  if (version === undefined) throw new Error(`Cannot use the store at ${response.url}: it gives no ETag`);
  return version;
}
