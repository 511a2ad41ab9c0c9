/**
 * A key-value store at the edge as its vendor's API shows it to who publishes: tokens, pages, one write a second for each
 * key, values of 25 MiB at most, and the troubles of a network. What edges read is `values`.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { CLOUDFLARE } from "./cloudflare.ts";
import { FASTLY } from "./fastly.ts";

export interface KvServer {
  readonly url: string;
  readonly values: Map<string, Buffer>;
  /** What was asked for, `PUT bulk` and so on. */
  readonly asked: string[];
  /** In ms; the writes of a key are a second apart by it. */
  nowMs: number;
  /** The next requests are answered so, without being carried out. */
  refuse(status: number, count: number): void;
  close(): Promise<void>;
}

export interface KvState {
  readonly values: Map<string, Buffer>;
  /** Whether the key was not written within the last second; counts as a write. */
  mayWrite(key: string): boolean;
}

export interface KvAsk {
  readonly method: string;
  /** Below the store, still escaped. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

export interface KvReply {
  readonly status: number;
  readonly body?: string | Buffer;
}

/** The dialect of one vendor. */
export interface KvVendor {
  /** What every path begins with. */
  readonly root: string;
  isAuthorized(headers: IncomingMessage["headers"]): boolean;
  reply(ask: KvAsk, state: KvState): KvReply;
  problem(status: number): string;
}

export const TOKEN = "secret-token-of-an-account";
export const LARGEST_VALUE = 26_214_400;
/** Less than is asked for: a page may be shorter. */
export const PAGE = 3;

export async function startKvServer(kind: "cloudflare" | "fastly"): Promise<KvServer> {
  const vendor = kind === "cloudflare" ? CLOUDFLARE : FASTLY;
  const values = new Map<string, Buffer>();
  const written = new Map<string, number>();
  let refusals = { status: 0, count: 0 };
  const made = { url: "", values, asked: [] as string[], nowMs: 0 };
  const state: KvState = {
    values,
    mayWrite(key) {
      const last = written.get(key);
      if (last !== undefined && made.nowMs - last < 1000) return false;
      written.set(key, made.nowMs);
      return true;
    },
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? "/", "http://kv.example.org");
    const { method = "GET", headers } = request;
    const path = url.pathname.slice(vendor.root.length);
    made.asked.push(`${method} ${path}`);
    const answer = ({ status, body = vendor.problem(status) }: KvReply) => {
      response.writeHead(status, status === 429 ? { "retry-after": "1" } : {}).end(status === 204 ? undefined : body);
    };
    if (refusals.count > 0) {
      refusals.count -= 1;
      return answer({ status: refusals.status });
    }
    if (!url.pathname.startsWith(vendor.root))
      return answer(binding(request.method, url, Buffer.concat(chunks), values));
    if (!vendor.isAuthorized(headers)) return answer({ status: 403 });
    answer(vendor.reply({ method, path, query: url.searchParams, headers, body: Buffer.concat(chunks) }, state));
  }

  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  made.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(made, {
    refuse: (status: number, count: number) => void (refusals = { status, count }),
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  });
}

/** How workerd asks for a KV namespace: the edge's side, which needs no token. */
function binding(method: string | undefined, { pathname }: URL, body: Buffer, values: Map<string, Buffer>): KvReply {
  const key = decodeURIComponent(pathname.slice(1));
  if (method === "PUT") {
    values.set(key, body);
    return { status: 200, body: "" };
  }
  const value = values.get(key);
  return value === undefined ? { status: 404 } : { status: 200, body: value };
}

/** A page of keys, and where the next one begins; null at the end. */
export function pageOf({ values }: KvState, query: URLSearchParams): { keys: readonly string[]; next: string | null } {
  const prefix = query.get("prefix") ?? "";
  const from = Number(query.get("cursor") ?? "0");
  const all = [...values.keys()].filter((key) => key.startsWith(prefix)).sort();
  const keys = all.slice(from, from + Math.min(PAGE, Number(query.get("limit"))));
  return { keys, next: from + PAGE < all.length ? String(from + PAGE) : null };
}

/** One value as it is put; the status. */
export function putValue(state: KvState, key: string, value: Buffer): number {
  if (value.length > LARGEST_VALUE) return 413;
  if (!state.mayWrite(key)) return 429;
  state.values.set(key, value);
  return 200;
}
