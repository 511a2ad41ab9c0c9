/**
 * The edge as a plain `export default { fetch }`, for any runtime that serves one: Deno Deploy, Bun, Vercel, Netlify,
 * workerd without KV. Wiring only. Its bindings are the second argument where the runtime gives one, and otherwise the
 * environment.
 */
import { onceOnly } from "../src/edge/fetch/once-only.ts";
import type { FetchEnv, FetchStart } from "./fetch-start.ts";
import { isolateEdge, type IsolateEdge } from "./isolate.ts";
import type { Background } from "./isolate-build.ts";

let placeOf: FetchStart["placeOf"] = null;

const edge: IsolateEdge<FetchEnv> = isolateEdge<FetchEnv>({
  async start(env) {
    const { startFetch } = await import("./fetch-start.ts");
    const started = await startFetch(env);
    placeOf = started.placeOf;
    return started;
  },
  edgeName: () => "fetch",
  peerAddress: (request, env) =>
    env.CLIENT_ADDRESS_HEADER === undefined ? null : request.headers.get(env.CLIENT_ADDRESS_HEADER),
  place: (request) => placeOf?.((name) => request.headers.get(name)) ?? null,
  failure: () => null,
  zone: () => null,
  onceOnly,
});

const own: FetchEnv = (globalThis as { process?: { env?: FetchEnv } }).process?.env ?? {};

export default {
  fetch: (request: Request, given?: unknown, context?: unknown): Promise<Response> =>
    edge.fetch(request, hasBindings(given) ? given : own, isBackground(context) ? context : UNTENDED),
};

/** Runtimes without `waitUntil` keep a process: what was begun goes on by itself. */
const UNTENDED: Background = { waitUntil: () => undefined };

/** Bun hands its server over, Deno facts about the connection; neither has bindings. */
function hasBindings(value: unknown): value is FetchEnv {
  return typeof value === "object" && value !== null && ("SNAPSHOT_URL" in value || "PUBLIC_KEYS" in value);
}

function isBackground(value: unknown): value is Background {
  return typeof value === "object" && value !== null && "waitUntil" in value && typeof value.waitUntil === "function";
}
