/** A key-value store at the edge as control pushes to it, whoever its vendor is; what they differ in is `KvApi`. */
import {
  type Batch,
  batches,
  type BatchLimits,
  type KvAccess,
  type KvAnswer,
  kvFailure,
  kvRequest,
} from "./kv-http.ts";
import { checkKey, type PushStore } from "./store.ts";

/** How one vendor has it. */
export interface KvApi {
  readonly access: KvAccess;
  /** Without a slash at its end. */
  readonly valuesUrl: string;
  readonly keysUrl: string;
  /** What a deletion answers, also of what is not there. */
  readonly deleted: readonly number[];
  /** Limits of one call that writes several. */
  readonly together: BatchLimits;
  /** One such call; rejects unless all were written. */
  writeTogether(batch: Batch): Promise<void>;
  /** Keys of one page, and where the next one begins, empty after the last; null for what cannot be read. */
  readPage(answer: KvAnswer): { readonly keys: readonly string[]; readonly cursor: string } | null;
}

/** Keys that are asked for at once. */
export const KV_PAGE = 1000;

/** The store as one that is pushed to. */
export function kvStore(api: KvApi): PushStore {
  const { access, valuesUrl, keysUrl, deleted, together } = api;
  const urlOf = (key: string) => `${valuesUrl}/${encodeURIComponent(checkKey(key))}`;
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
      for (const batch of batches(values, together)) await api.writeTogether(batch);
    },
    async delete(key) {
      const answer = await kvRequest(access, { method: "DELETE", url: urlOf(key) });
      if (!deleted.includes(answer.status)) throw kvFailure(access, `delete "${key}" from`, answer);
    },
    async list(prefix) {
      const keys: string[] = [];
      for (let cursor = ""; ; ) {
        const query = new URLSearchParams({ prefix, limit: String(KV_PAGE), ...(cursor === "" ? {} : { cursor }) });
        const answer = await kvRequest(access, { method: "GET", url: `${keysUrl}?${query.toString()}` });
        const page = answer.status === 200 ? api.readPage(answer) : null;
        if (page === null) throw kvFailure(access, "list", answer);
        keys.push(...page.keys);
        cursor = page.cursor;
        if (cursor === "") return keys.sort();
      }
    },
  };
}
