/**
 * A KV Store of Fastly as control writes it, by Fastly's API. Reads at the edge lag behind by seconds, so control only
 * ever pushes here what it has published elsewhere (ADR 18).
 */
import { list as listOf, nullable, parse, record, text } from "../core/snapshot/guard.ts";
import { batches, type KvAccess, kvFailure, kvJson, kvRequest } from "./kv-http.ts";
import { checkKey, type PushStore } from "./store.ts";

export interface FastlyKvOptions extends Pick<KvAccess, "random" | "pause"> {
  /** Id of the store. */
  readonly store: string;
  /** May write to the KV Store; asked for each request. */
  readonly token: () => Promise<string>;
  readonly baseUrl?: string;
  readonly timeoutMs?: number;
}

/** Of one call, well within Fastly's limits. */
const TOGETHER = { entries: 1000, bytes: 20_000_000 };
const PAGE = 1000;

const readKeys = record({
  data: listOf(text(1024), PAGE),
  meta: record({ next_cursor: nullable(text(4096)) }),
});

/** The KV Store as a store that is pushed to. */
export function fastlyKvStore(options: FastlyKvOptions): PushStore {
  const { store, token, random, pause, timeoutMs = 30_000, baseUrl = "https://api.fastly.com" } = options;
  const root = `${baseUrl}/resources/stores/kv/${encodeURIComponent(store)}`;
  const access: KvAccess = {
    name: `Fastly KV Store ${store}`,
    headers: async () => ({ "fastly-key": await token() }),
    random,
    pause,
    timeoutMs,
  };
  const urlOf = (key: string) => `${root}/keys/${encodeURIComponent(checkKey(key))}`;

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
        const lines = batch.map(([key, value]) =>
          JSON.stringify({ key: checkKey(key), value: Buffer.from(value).toString("base64") }),
        );
        const type = "application/x-ndjson";
        const body = `${lines.join("\n")}\n`;
        const answer = await kvRequest(access, { method: "PUT", url: `${root}/batch`, type, body });
        if (answer.status !== 200) throw kvFailure(access, `write ${batch.length} keys to`, answer);
      }
    },
    async delete(key) {
      const answer = await kvRequest(access, { method: "DELETE", url: urlOf(key) });
      if (![200, 204, 404].includes(answer.status)) throw kvFailure(access, `delete "${key}" from`, answer);
    },
    async list(prefix) {
      const keys: string[] = [];
      for (let cursor = ""; ; ) {
        const query = new URLSearchParams({ prefix, limit: String(PAGE), ...(cursor === "" ? {} : { cursor }) });
        const answer = await kvRequest(access, { method: "GET", url: `${root}/keys?${query.toString()}` });
        const read = answer.status === 200 ? parse(readKeys, JSON.stringify(kvJson(answer))) : null;
        if (read?.ok !== true) throw kvFailure(access, "list", answer);
        keys.push(...read.value.data);
        cursor = read.value.meta.next_cursor ?? "";
        if (cursor === "") return keys.sort();
      }
    },
  };
}
