/** The edge on Cloudflare Workers, and on workerd run by oneself. Wiring only. */
import type { cloudflareLocation } from "../src/core/geo/platform-location.ts";
import type { AttemptFailure } from "../src/core/retry.ts";
import type { CloudflareEnv } from "./cloudflare-start.ts";
import { isolateEdge, type IsolateEdge } from "./isolate.ts";

let locate: typeof cloudflareLocation | null = null;

const edge: IsolateEdge<CloudflareEnv> = isolateEdge<CloudflareEnv>({
  async start(env, request) {
    const { startCloudflare, cloudflareLocation } = await import("./cloudflare-start.ts");
    locate = cloudflareLocation;
    return await startCloudflare(env, colo(request));
  },
  edgeName: (request) => `cloudflare-${colo(request)}`,
  peerAddress: (request, env) => (trusted(env) ? request.headers.get("cf-connecting-ip") : null),
  place: (request) => locate?.(placeOf(request)) ?? null,
  failure: (status, env) => (trusted(env) ? cloudflareFailure(status) : null),
  zone: (env) => env.ZONE ?? null,
  onceOnly: null,
});

export default edge;

/** On a workerd of one's own a client could write what Cloudflare writes. */
function trusted(env: CloudflareEnv): boolean {
  return env.PLATFORM !== "workerd";
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
