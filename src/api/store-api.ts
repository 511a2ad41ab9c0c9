/** A store over HTTP: edges read from it, and it is what control pushes to where it cannot be read from. */
import { type Context, Hono } from "hono";
import { checkKey, isImmutable, type PutCondition, type Store, type StoredValue } from "../store/store.ts";

export interface StoreApiOptions {
  readonly store: Store;
  /** Who may ask for what; null refuses. `token` is null for whoever shows none. */
  readonly may: (token: string | null, act: "read" | "write" | "list", key: string) => boolean | Promise<boolean>;
  /** Waits for a change of what edges read, after `since`; null where nobody can say. */
  readonly changes: ((since: string, timeoutMs: number) => Promise<string>) | null;
}

/** The longest key has 25 MiB, as the store's contract says. */
const MAX_BYTES = 25 * 1024 * 1024;
/** Shorter than the minute after which proxies cut a silent connection. */
const LONGEST_WAIT_MS = 25_000;

/**
 * `GET`, `PUT` and `DELETE` of `/KEY`, conditional by `ETag`, `If-None-Match` and `If-Match`; `GET /?prefix=P` lists;
 * `GET /_changes?since=V` answers the version of what edges read, as soon as it is another one than `V`.
 */
export function storeApi(options: StoreApiOptions): Hono {
  const { store, changes } = options;
  const app = new Hono();
  if (changes !== null) {
    app.get("/_changes", async (context) =>
      context.text(await changes(context.req.query("since") ?? "", LONGEST_WAIT_MS)),
    );
  }
  app.get("/", async (context) => {
    const prefix = context.req.query("prefix") ?? "";
    return (await allowed(options, context, "list", prefix)) ?? context.json(await store.list(prefix));
  });
  app.on(["GET", "HEAD"], "/:key{.+}", async (context) => {
    const key = keyOf(context);
    if (key === null) return notFound(context);
    const refusal = await allowed(options, context, "read", key);
    if (refusal !== null) return refusal;
    const stored = await store.get(key);
    return stored === null ? notFound(context) : answer(context, key, stored);
  });
  app.put("/:key{.+}", async (context) => {
    const key = keyOf(context);
    if (key === null) return notFound(context);
    const refusal = await allowed(options, context, "write", key);
    if (refusal !== null) return refusal;
    const condition = conditionOf(context);
    if (condition === null) return context.text("Cannot read the condition\n", 400);
    const length = Number(context.req.header("content-length") ?? Number.NaN);
    if (!(length <= MAX_BYTES))
      return context.text(`Cannot take more than ${MAX_BYTES} bytes, nor an unknown number\n`, 413);
    const version = await store.put(key, new Uint8Array(await context.req.arrayBuffer()), condition);
    if (version === null) return context.text("Cannot write: another version is there\n", 412);
    context.header("etag", quoted(version));
    return context.body(null, 204);
  });
  app.delete("/:key{.+}", async (context) => {
    const key = keyOf(context);
    if (key === null) return notFound(context);
    const refusal = await allowed(options, context, "write", key);
    if (refusal !== null) return refusal;
    await store.delete(key);
    return context.body(null, 204);
  });
  app.onError((error, context) => context.text(`Cannot answer: ${error.message}\n`, 500));
  return app;
}

async function allowed(
  options: StoreApiOptions,
  context: Context,
  act: "read" | "write" | "list",
  key: string,
): Promise<Response | null> {
  const shown = context.req.header("authorization");
  const token = shown?.startsWith("Bearer ") === true ? shown.slice(7) : null;
  if (await options.may(token, act, key)) return null;
  if (token !== null) return context.text("Cannot allow this: the token is not one for it\n", 403);
  context.header("www-authenticate", "Bearer");
  return context.text("Cannot allow this without a token\n", 401);
}

function answer(context: Context, key: string, { value, version }: StoredValue): Response {
  context.header("etag", quoted(version));
  context.header("cache-control", isImmutable(key) ? "public, max-age=31536000, immutable" : "no-cache");
  const known = (context.req.header("if-none-match") ?? "").split(",").map((one) => one.trim().replace(/^W\//, ""));
  if (known.includes(quoted(version))) return context.body(null, 304);
  context.header("content-type", "application/octet-stream");
  return context.body(new Uint8Array(value));
}

function conditionOf(context: Context): PutCondition | null {
  const match = context.req.header("if-match");
  const noneMatch = context.req.header("if-none-match");
  if (match === undefined && noneMatch === undefined) return "any";
  if (match === undefined) return noneMatch === "*" ? { version: null } : null;
  const version = /^"([^"]+)"$/.exec(match)?.[1];
  return noneMatch !== undefined || version === undefined ? null : { version };
}

function keyOf(context: Context): string | null {
  try {
    return checkKey(context.req.param("key") ?? "");
  } catch {
    return null;
  }
}

function notFound(context: Context): Response {
  return context.text("Cannot find it\n", 404);
}

function quoted(version: string): string {
  return `"${version}"`;
}
