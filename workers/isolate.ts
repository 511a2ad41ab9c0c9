/**
 * The edge on fetch-style runtimes, whatever their name: one per isolate, started by its first request. What is imported
 * here is what serves, and every cold isolate parses it; what else there is comes with `import()` (ADR 9).
 */
import type { ClientLocation } from "../src/core/decision.ts";
import type { AttemptFailure } from "../src/core/retry.ts";
import { edgeRequest, fetchResponse } from "../src/edge/fetch/message.ts";
import { fetchUpstream, type FetchUpstreamOptions } from "../src/edge/fetch/upstream.ts";
import { handle, type HandleDeps } from "../src/edge/handle.ts";
import type { Background, BuiltEdge } from "./isolate-build.ts";
import type { IsolateEnv } from "./isolate-env.ts";
import type { IsolateStart } from "./isolate-start.ts";

/** What differs from platform to platform. */
export interface Platform<Env extends Pick<IsolateEnv, "EDGE_NAME">> {
  /** Loads and calls `startIsolate` with the platform's store. */
  start(env: Env, request: Request): Promise<IsolateStart>;
  /** Name in reports and logs when none is bound; unique as far as the platform says where this is. */
  edgeName(request: Request): string;
  /** Address of the client as the platform vouches for it; null where nobody does. */
  peerAddress(request: Request, env: Env): string | null;
  /** The client's place as the platform knows it. */
  place(request: Request, env: Env): ClientLocation | null;
  /** What an answer of the platform itself stands for; null for an answer of the origin. */
  failure(status: number, env: Env): AttemptFailure | null;
  /** Domain whose names can be connected to while Host stays the public one; null where nothing can. */
  zone(env: Env): string | null;
  readonly onceOnly: FetchUpstreamOptions["onceOnly"];
}

export interface IsolateEdge<Env> {
  fetch(request: Request, env: Env, background: Background): Promise<Response>;
}

interface Isolate extends Pick<BuiltEdge, "ready"> {
  readonly carrying: Pick<HandleDeps, "upstream" | "watchBody" | "pins">;
}

/** One edge for the isolate that imports it. */
export function isolateEdge<Env extends Pick<IsolateEnv, "EDGE_NAME">>(platform: Platform<Env>): IsolateEdge<Env> {
  /** Not a promise: one made in another request's context may never settle in this one. */
  let isolate: Isolate | null = null;
  return {
    async fetch(request, env, background) {
      const current = isolate ?? (await start(platform, request, env));
      isolate = current;
      const location = platform.place(request, env);
      const asked = edgeRequest(request, { peerAddress: platform.peerAddress(request, env), location });
      const rules = await current.ready(asked, background);
      return fetchResponse(await handle(asked, { ...rules, ...current.carrying }), request.method);
    },
  };
}

async function start<Env extends Pick<IsolateEnv, "EDGE_NAME">>(
  platform: Platform<Env>,
  request: Request,
  env: Env,
): Promise<Isolate> {
  const { buildEdge } = await import("./isolate-build.ts");
  const started = await platform.start(env, request);
  const { settings, pins, sign } = started;
  const { ready } = buildEdge(started, env.EDGE_NAME ?? platform.edgeName(request), settings.debugToken);
  const upstream = fetchUpstream({
    allowPrivateOrigins: settings.allowPrivateOrigins,
    zone: platform.zone(env),
    platformFailure: (status) => platform.failure(status, env),
    onceOnly: platform.onceOnly,
    sign,
  });
  return { ready, carrying: { upstream, watchBody: null, pins } };
}
