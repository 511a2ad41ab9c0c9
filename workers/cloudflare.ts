/**
 * The edge on Cloudflare Workers, and on workerd run by oneself. Wiring only. What is imported here is what serves, and
 * every cold isolate parses it before its first request; what else there is comes with `import()` (ADR 9).
 */
import type { ExecutionContext } from "@cloudflare/workers-types";
import { cloudflareLocation } from "../src/core/geo/platform-location.ts";
import type { AttemptFailure } from "../src/core/retry.ts";
import { edgeRequest, fetchResponse } from "../src/edge/fetch/message.ts";
import { fetchUpstream } from "../src/edge/fetch/upstream.ts";
import { handle, type HandleDeps } from "../src/edge/handle.ts";
import { requestCount } from "../src/edge/metrics.ts";
import { platformClient } from "../src/edge/platform-client.ts";
import { servingEdge } from "../src/edge/serving.ts";
import type { CloudflareEnv } from "./cloudflare-env.ts";
import type { CloudflareStart } from "./cloudflare-start.ts";
import { type LoadedPlaces, needsCountry, placesOnDemand } from "./loaded-places.ts";

interface Isolate extends Pick<CloudflareStart, "settings" | "bundled"> {
  readonly follower: ReturnType<CloudflareStart["follow"]>;
  readonly places: LoadedPlaces;
  readonly handling: HandleDeps;
  nextRefreshMs: number;
}

/** Without a snapshot the store is asked again this soon. */
const EMPTY_RETRY_MS = 1000;

/** One per isolate. Not a promise: one made in another request's context may never settle in this one. */
let isolate: Isolate | null = null;

export default {
  async fetch(request: Request, env: CloudflareEnv, context: Pick<ExecutionContext, "waitUntil">): Promise<Response> {
    const current = isolate ?? (await start(request, env));
    isolate = current;
    const { follower, handling, settings } = current;
    if (handling.state.serving === null) await follower.coldStart(current.bundled);
    else if (Date.now() >= current.nextRefreshMs) {
      current.nextRefreshMs = Date.now() + settings.pollIntervalMs;
      context.waitUntil(follower.refresh());
    }
    const location = cloudflareLocation(placeOf(request));
    if (needsCountry(location)) await current.places.load();
    const facts = {
      peerAddress: settings.trustsPlatform ? request.headers.get("cf-connecting-ip") : null,
      location,
    };
    return fetchResponse(await handle(edgeRequest(request, facts), handling), request.method);
  },
};

async function start(request: Request, env: CloudflareEnv): Promise<Isolate> {
  const { startCloudflare } = await import("./cloudflare-start.ts");
  const { settings, bundled, pins, sign, noteChoice, follow } = await startCloudflare(env);
  const places = placesOnDemand();
  const edge = servingEdge(
    {
      name: env.EDGE_NAME ?? `cloudflare-${colo(request)}`,
      location: settings.location,
      debugToken: settings.debugToken,
    },
    {
      identify: (asked, overrides) => platformClient(asked, overrides, places),
      places,
      pinKeys: null,
      noteChoice,
      onAnswer: null,
      metrics: requestCount,
      now: Date.now,
      random: Math.random,
      accessLog: console.log,
      log: console.warn,
    },
  );
  const upstream = fetchUpstream({
    allowPrivateOrigins: settings.allowPrivateOrigins,
    zone: settings.zone,
    platformFailure: settings.trustsPlatform ? cloudflareFailure : () => null,
    sign,
  });
  const handling = { ...edge.rules, upstream, watchBody: null, pins };
  const nextRefreshMs = Date.now() + EMPTY_RETRY_MS;
  return { settings, bundled, places, follower: follow(edge.follow, places), handling, nextRefreshMs };
}

/**
 * Cloudflare answers for an origin that it cannot reach: 521 refused, 522 and 524 timed out, 523 no route, 525 and 526
 * TLS, 530 no name, 520 an answer it could not read.
 */
function cloudflareFailure(status: number): AttemptFailure | null {
  switch (status) {
    case 520:
      return "protocol";
    case 521:
      return "refused";
    case 522:
      return "connect-timeout";
    case 523:
      return "unreachable";
    case 524:
      return "response-timeout";
    case 525:
    case 526:
      return "tls";
    case 530:
      return "name-not-found";
    default:
      return null;
  }
}

/** `request.cf` is the platform's own object: no client can write it. */
function placeOf(request: Request): Readonly<Record<string, unknown>> | null {
  const cf = "cf" in request ? request.cf : null;
  return typeof cf === "object" && cf !== null ? (cf as Readonly<Record<string, unknown>>) : null;
}

function colo(request: Request): string {
  const name = placeOf(request)?.colo;
  return typeof name === "string" && /^[A-Za-z0-9]{1,16}$/.test(name) ? name.toLowerCase() : "unknown";
}
