/** A KV Store by Fastly's API. */
import { type KvAsk, type KvReply, type KvState, type KvVendor, pageOf, putValue, TOKEN } from "./server.ts";

export const STORE_ID = "abcdefghijklmnopqrstuv";

export const FASTLY: KvVendor = {
  root: `/resources/stores/kv/${STORE_ID}/`,
  isAuthorized: (headers) => headers["fastly-key"] === TOKEN,
  problem: (status) => JSON.stringify({ title: `refused with ${status}`, status }),
  reply(ask, state) {
    if (ask.path === "batch" && ask.method === "PUT") return batch(ask, state);
    if (ask.path === "keys" && ask.method === "GET") {
      const { keys, next } = pageOf(state, ask.query);
      const meta = { limit: Number(ask.query.get("limit")), ...(next === null ? {} : { next_cursor: next }) };
      return { status: 200, body: JSON.stringify({ data: keys, meta }) };
    }
    if (!ask.path.startsWith("keys/")) return { status: 404 };
    const key = decodeURIComponent(ask.path.slice("keys/".length));
    if (key.length > 1024 || /[#;?^|\n\r]/.test(key)) return { status: 400 };
    switch (ask.method) {
      case "GET": {
        const body = state.values.get(key);
        return body === undefined ? { status: 404 } : { status: 200, body };
      }
      case "PUT": {
        const status = putValue(state, key, ask.body);
        return status === 200 ? { status, body: "" } : { status };
      }
      case "DELETE":
        return state.values.delete(key) ? { status: 204 } : { status: 404 };
      default:
        return { status: 405 };
    }
  },
};

function batch({ body, headers }: KvAsk, state: KvState): KvReply {
  if (headers["content-type"] !== "application/x-ndjson") return { status: 415 };
  const lines = String(body)
    .split("\n")
    .filter((line) => line !== "");
  const errors = lines.flatMap((line, index) => {
    const { key, value } = JSON.parse(line) as { readonly key: string; readonly value: string };
    const status = putValue(state, key, Buffer.from(value, "base64"));
    return status === 200 ? [] : [{ code: String(status), index, reason: "refused" }];
  });
  return errors.length === 0 ? { status: 200, body: "{}" } : { status: 400, body: JSON.stringify({ errors }) };
}
