/**
 * A bucket of S3, or of what speaks like it, as a store. Conditions are S3's own (`If-Match`, `If-None-Match: *`), so
 * that they hold between writers anywhere; versions are ETags. A value is seen whole or not at all, and a read after a
 * write sees it.
 */
import { causeOf } from "../core/cause.ts";
import type { CredentialsSource } from "./s3/credentials.ts";
import { escaped, signed } from "./s3/sign.ts";
import { checkKey, type PutCondition, type Store } from "./store.ts";

export interface S3Options {
  readonly bucket: string;
  readonly region: string;
  /** Null for AWS itself; the bucket is then in the host name, otherwise in the path. */
  readonly endpoint: string | null;
  /** Before every key; empty, or ending in "/". */
  readonly prefix: string;
  readonly credentials: CredentialsSource;
  readonly now: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly timeoutMs?: number;
}

const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 100;
const NOTHING: Uint8Array = new Uint8Array();

interface Answer {
  readonly status: number;
  readonly etag: string | null;
  readonly body: Uint8Array;
  /** Whether an attempt before this one may have been carried out without our hearing of it. */
  readonly isRepeated: boolean;
}

/** The store in a bucket. Rejects, after a few attempts, when the bucket cannot be reached or refuses us. */
export function s3Store(options: S3Options): Store {
  const { bucket, region, endpoint, prefix, timeoutMs = 10_000 } = options;
  const root =
    endpoint === null ? `https://${bucket}.s3.${region}.amazonaws.com/` : `${endpoint.replace(/\/$/, "")}/${bucket}/`;
  // The clock of the machine may be wrong, the server's is what counts.
  let skewMs = 0;

  async function once(method: string, url: URL, headers: Record<string, string>, body: Uint8Array) {
    const how = { credentials: await options.credentials(), region, nowMs: options.now() + skewMs };
    const response = await fetch(url, {
      method,
      headers: signed({ method, url, headers, body }, how),
      // An answer like another, which nobody expects: workerd knows no "error".
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
      ...(method === "PUT" ? { body: new Uint8Array(body) } : {}),
    });
    const answer = new Uint8Array(await response.arrayBuffer());
    if (response.status === 403 && isSkewed(answer)) {
      const serverMs = Date.parse(response.headers.get("date") ?? "");
      if (!Number.isNaN(serverMs)) skewMs = serverMs - options.now();
      return { status: 503, etag: null, body: answer };
    }
    return { status: response.status, etag: response.headers.get("etag"), body: answer };
  }

  async function send(
    method: string,
    url: URL,
    headers: Record<string, string> = {},
    body: Uint8Array = NOTHING,
  ): Promise<Answer> {
    let cause: unknown = null;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (attempt > 0) await pause(FIRST_PAUSE_MS * 2 ** attempt * (0.5 + options.random() / 2));
      try {
        const answer = await once(method, url, headers, body);
        const isTemporary =
          answer.status === 429 || answer.status >= 500 || (answer.status === 409 && method === "PUT");
        if (!isTemporary) return { ...answer, isRepeated: attempt > 0 };
        cause = new Error(`it answered ${answer.status}`);
      } catch (error) {
        cause = error;
      }
    }
    throw new Error(`Cannot reach the bucket "${bucket}": ${causeOf(cause)}`, { cause });
  }

  const urlOf = (key: string) => new URL(root + `${prefix}${checkKey(key)}`.split("/").map(escaped).join("/"));
  const refused = (act: string, { status }: Answer) =>
    new Error(`Cannot ${act} the bucket "${bucket}": it answered ${status}`);

  async function get(key: string) {
    const answer = await send("GET", urlOf(key));
    if (answer.status === 404) return null;
    if (answer.status !== 200 || answer.etag === null) throw refused(`read "${key}" from`, answer);
    return { value: answer.body, version: answer.etag };
  }

  return {
    name: `s3 ${bucket}/${prefix}`,
    get,
    async put(key, value, condition) {
      const answer = await send("PUT", urlOf(key), conditionHeaders(condition), value);
      if (answer.status === 200 && answer.etag !== null) return answer.etag;
      const isLost =
        answer.status === 412 || (answer.status === 404 && condition !== "any" && condition.version !== null);
      if (!isLost) throw refused(`write "${key}" to`, answer);
      if (!answer.isRepeated) return null;
      // The attempt whose answer was lost may be what the condition now fails on.
      const stored = await get(key);
      return stored !== null && Buffer.compare(stored.value, value) === 0 ? stored.version : null;
    },
    async delete(key) {
      const answer = await send("DELETE", urlOf(key));
      if (answer.status !== 204 && answer.status !== 200 && answer.status !== 404)
        throw refused(`delete "${key}" from`, answer);
    },
    async list(wanted) {
      const keys: string[] = [];
      let next: string | null = "";
      while (next !== null) {
        const url = new URL(root);
        const query = {
          "list-type": "2",
          "encoding-type": "url",
          prefix: prefix + wanted,
          ...(next === "" ? {} : { "continuation-token": next }),
        };
        url.search = Object.entries(query)
          .map(([name, value]) => `${name}=${escaped(value)}`)
          .join("&");
        const answer = await send("GET", url);
        if (answer.status !== 200) throw refused("list", answer);
        const xml = new TextDecoder().decode(answer.body);
        for (const found of xml.matchAll(/<Key>([^<]*)<\/Key>/g)) {
          keys.push(decodeURIComponent(found[1] ?? "").slice(prefix.length));
        }
        next = unescaped(/<NextContinuationToken>([^<]*)<\/NextContinuationToken>/.exec(xml)?.[1] ?? null);
      }
      return keys.sort();
    },
  };
}

function conditionHeaders(condition: PutCondition): Record<string, string> {
  if (condition === "any") return {};
  return condition.version === null ? { "if-none-match": "*" } : { "if-match": condition.version };
}

function isSkewed(body: Uint8Array): boolean {
  return new TextDecoder().decode(body.subarray(0, 2000)).includes("<Code>RequestTimeTooSkewed</Code>");
}

function unescaped(text: string | null): string | null {
  return (
    text?.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&") ?? null
  );
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
