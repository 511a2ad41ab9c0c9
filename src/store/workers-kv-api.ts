/**
 * A Workers KV namespace as control writes it, by Cloudflare's REST API. There is no conditional write and a read may be
 * a minute old, so control only ever pushes here what it has published elsewhere (ADR 18).
 */
import { integer, list as listOf, nullable, parse, record, text } from "../core/snapshot/guard.ts";
import { type KvAccess, kvFailure, kvJson, kvRequest } from "./kv-http.ts";
import { KV_PAGE, kvStore } from "./kv-store.ts";
import { checkKey, type PushStore } from "./store.ts";

export interface WorkersKvOptions extends Pick<KvAccess, "random" | "pause"> {
  readonly account: string;
  readonly namespace: string;
  /** May write to Workers KV of the account; asked for each request. */
  readonly token: () => Promise<string>;
  readonly baseUrl?: string;
  readonly timeoutMs?: number;
}

/** Cloudflare's limits of one call. */
const TOGETHER = { entries: 10_000, bytes: 95_000_000 };

const readKeys = record({
  result: listOf(record({ name: text(512) }), KV_PAGE),
  result_info: record({ count: integer(), cursor: nullable(text(4096)) }),
});
const readBulk = record({ result: record({ unsuccessful_keys: listOf(text(512), TOGETHER.entries) }) });

/** The namespace as a store that is pushed to. */
export function workersKvStore(options: WorkersKvOptions): PushStore {
  const { account, namespace, token, random, pause, timeoutMs = 30_000 } = options;
  const { baseUrl = "https://api.cloudflare.com/client/v4" } = options;
  const root = `${baseUrl}/accounts/${encodeURIComponent(account)}/storage/kv/namespaces/${encodeURIComponent(namespace)}`;
  const access: KvAccess = {
    name: `Workers KV ${namespace}`,
    headers: async () => ({ authorization: `Bearer ${await token()}` }),
    random,
    pause,
    timeoutMs,
  };
  return kvStore({
    access,
    valuesUrl: `${root}/values`,
    keysUrl: `${root}/keys`,
    deleted: [200, 404],
    together: TOGETHER,
    async writeTogether(batch) {
      const pairs = batch.map(([key, value]) => ({
        key: checkKey(key),
        value: Buffer.from(value).toString("base64"),
        base64: true,
      }));
      const body = JSON.stringify(pairs);
      const answer = await kvRequest(access, { method: "PUT", url: `${root}/bulk`, type: "application/json", body });
      const read = answer.status === 200 ? parse(readBulk, JSON.stringify(kvJson(answer))) : null;
      // A call may succeed in part.
      if (read?.ok !== true || read.value.result.unsuccessful_keys.length > 0) {
        throw kvFailure(access, `write ${batch.length} keys to`, answer);
      }
    },
    readPage(answer) {
      const read = parse(readKeys, JSON.stringify(kvJson(answer)));
      if (!read.ok) return null;
      const { result, result_info: info } = read.value;
      return { keys: result.map(({ name }) => name), cursor: info.cursor ?? "" };
    },
  });
}
