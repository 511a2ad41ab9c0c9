/**
 * A Workers KV namespace as control writes it, by Cloudflare's REST API. There is no conditional write and a read may be
 * a minute old, so control only ever pushes here what it has published elsewhere (ADR 18).
 */
import { integer, list as listOf, nullable, parse, record, text } from "../core/snapshot/guard.ts";
import { batches, type KvAccess, kvFailure, kvJson, kvRequest } from "./kv-http.ts";
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
const PAGE = 1000;

const readKeys = record({
  result: listOf(record({ name: text(512) }), PAGE),
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
  const urlOf = (key: string) => `${root}/values/${encodeURIComponent(checkKey(key))}`;

  return {
    name: access.name,
    async get(key) {
      const answer = await kvRequest(access, { method: "GET", url: urlOf(key) });
      if (answer.status === 404) return null;
      if (answer.status !== 200) throw kvFailure(access, `read "${key}" from`, answer);
      return { value: answer.body };
    },
    async put(key, value) {
      const type = "application/octet-stream";
      const answer = await kvRequest(access, { method: "PUT", url: urlOf(key), type, body: value });
      if (answer.status !== 200) throw kvFailure(access, `write "${key}" to`, answer);
    },
    async putAll(values) {
      for (const batch of batches(values, TOGETHER)) {
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
      }
    },
    async delete(key) {
      const answer = await kvRequest(access, { method: "DELETE", url: urlOf(key) });
      if (answer.status !== 200 && answer.status !== 404) throw kvFailure(access, `delete "${key}" from`, answer);
    },
    async list(prefix) {
      const keys: string[] = [];
      for (let cursor = ""; ; ) {
        const query = new URLSearchParams({ prefix, limit: String(PAGE), ...(cursor === "" ? {} : { cursor }) });
        const answer = await kvRequest(access, { method: "GET", url: `${root}/keys?${query.toString()}` });
        const read = answer.status === 200 ? parse(readKeys, JSON.stringify(kvJson(answer))) : null;
        if (read?.ok !== true) throw kvFailure(access, "list", answer);
        keys.push(...read.value.result.map(({ name }) => name));
        cursor = read.value.result_info.cursor ?? "";
        if (cursor === "") return keys.sort();
      }
    },
  };
}
