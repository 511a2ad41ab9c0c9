/**
 * A KV Store of Fastly as control writes it, by Fastly's API. Reads at the edge lag behind by seconds, so control only
 * ever pushes here what it has published elsewhere (ADR 18).
 */
import { list as listOf, nullable, parse, record, text } from "../core/snapshot/guard.ts";
import { type KvAccess, kvFailure, kvJson, kvRequest } from "./kv-http.ts";
import { KV_PAGE, kvStore } from "./kv-store.ts";
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

const readKeys = record({
  data: listOf(text(1024), KV_PAGE),
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
  return kvStore({
    access,
    valuesUrl: `${root}/keys`,
    keysUrl: `${root}/keys`,
    deleted: [200, 204, 404],
    together: TOGETHER,
    async writeTogether(batch) {
      const lines = batch.map(([key, value]) =>
        JSON.stringify({ key: checkKey(key), value: Buffer.from(value).toString("base64") }),
      );
      const type = "application/x-ndjson";
      const body = `${lines.join("\n")}\n`;
      const answer = await kvRequest(access, { method: "PUT", url: `${root}/batch`, type, body });
      if (answer.status !== 200) throw kvFailure(access, `write ${batch.length} keys to`, answer);
    },
    readPage(answer) {
      const read = parse(readKeys, JSON.stringify(kvJson(answer)));
      return read.ok ? { keys: read.value.data, cursor: read.value.meta.next_cursor ?? "" } : null;
    },
  });
}
