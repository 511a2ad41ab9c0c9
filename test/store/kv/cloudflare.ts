/** Workers KV by Cloudflare's REST API. */
import { type KvAsk, type KvReply, type KvState, type KvVendor, pageOf, putValue, TOKEN } from "./server.ts";

export const ACCOUNT = "0123456789abcdef0123456789abcdef";
export const NAMESPACE = "fedcba9876543210fedcba9876543210";

const MOST_PAIRS = 10_000;
const MOST_BYTES = 100_000_000;

export const CLOUDFLARE: KvVendor = {
  root: `/accounts/${ACCOUNT}/storage/kv/namespaces/${NAMESPACE}/`,
  isAuthorized: (headers) => headers.authorization === `Bearer ${TOKEN}`,
  problem: (status) =>
    JSON.stringify({ success: false, errors: [{ code: 10_000 + status, message: `refused with ${status}` }] }),
  reply(ask, state) {
    if (ask.path === "bulk" && ask.method === "PUT") return bulk(ask, state);
    if (ask.path === "keys" && ask.method === "GET") {
      const { keys, next } = pageOf(state, ask.query);
      const info = { count: keys.length, cursor: next ?? "" };
      return ok(
        keys.map((name) => ({ name })),
        { result_info: info },
      );
    }
    if (!ask.path.startsWith("values/")) return { status: 404 };
    const key = decodeURIComponent(ask.path.slice("values/".length));
    if (Buffer.byteLength(key) > 512) return { status: 414 };
    switch (ask.method) {
      case "GET": {
        const body = state.values.get(key);
        return body === undefined ? { status: 404 } : { status: 200, body };
      }
      case "PUT": {
        const status = putValue(state, key, ask.body);
        return status === 200 ? ok(null) : { status };
      }
      case "DELETE":
        state.values.delete(key);
        return ok(null);
      default:
        return { status: 405 };
    }
  },
};

interface Pair {
  readonly key: string;
  readonly value: string;
  readonly base64?: boolean;
}

function bulk({ body }: KvAsk, state: KvState): KvReply {
  const pairs = JSON.parse(String(body)) as readonly Pair[];
  if (body.length > MOST_BYTES) return { status: 413 };
  if (pairs.length > MOST_PAIRS) return { status: 400 };
  const failed = pairs.filter(
    ({ key, value, base64 }) => putValue(state, key, Buffer.from(value, base64 === true ? "base64" : "utf8")) !== 200,
  );
  return ok({ successful_key_count: pairs.length - failed.length, unsuccessful_keys: failed.map(({ key }) => key) });
}

function ok(result: unknown, more: object = {}): KvReply {
  return { status: 200, body: JSON.stringify({ success: true, errors: [], messages: [], result, ...more }) };
}
