/** The edge on Cloudflare Workers, and on workerd run by oneself. Wiring only. */
import type { ExecutionContext } from "@cloudflare/workers-types";
import { cloudflareLocation } from "../src/core/geo/platform-location.ts";
import { bundleReader } from "../src/core/snapshot/bundle.ts";
import { SIGNED_HOP } from "../src/core/snapshot/manifest.ts";
import type { AttemptFailure } from "../src/core/retry.ts";
import { createEdge, type Edge } from "../src/edge/edge.ts";
import { edgeRequest, fetchResponse } from "../src/edge/fetch/message.ts";
import { handle } from "../src/edge/handle.ts";
import { fetchUpstream } from "../src/edge/fetch/upstream.ts";
import type { Upstream } from "../src/edge/upstream.ts";
import { requestCount } from "../src/edge/metrics.ts";
import { hopSigner } from "../src/store/hop-signer.ts";
import { httpReader } from "../src/store/http-reader.ts";
import { manifestVerifier, publicKeyOf, sha256Hex } from "../src/store/signature.ts";
import { workersKvReader, workersKvReporter } from "../src/store/workers-kv.ts";
import { type CloudflareEnv, type CloudflareSettings, readSettings } from "./cloudflare-env.ts";

interface Isolate {
  readonly edge: Edge;
  readonly upstream: Upstream;
  readonly settings: CloudflareSettings;
  nextRefreshMs: number;
}

const REPORT_INTERVAL_MS = 60_000;
/** Without a snapshot the store is asked again this soon. */
const EMPTY_RETRY_MS = 1000;

/** One per isolate. Not a promise: one made in another request's context may never settle in this one. */
let isolate: Isolate | null = null;

export default {
  async fetch(request: Request, env: CloudflareEnv, context: Pick<ExecutionContext, "waitUntil">): Promise<Response> {
    const current = isolate ?? (await start(request, env));
    isolate = current;
    const { edge, settings } = current;
    if (edge.state.serving === null) {
      const { BUNDLED_SNAPSHOT: bundle } = env;
      const bundled = bundle === undefined ? null : { ...current.edge.source, get: bundleReader(bundle) };
      await edge.coldStart(bundled);
    } else if (Date.now() >= current.nextRefreshMs) {
      current.nextRefreshMs = Date.now() + settings.pollIntervalMs;
      context.waitUntil(edge.refresh());
    }
    const facts = {
      peerAddress: settings.trustsPlatform ? request.headers.get("cf-connecting-ip") : null,
      location: cloudflareLocation(placeOf(request)),
    };
    return fetchResponse(
      await handle(edgeRequest(request, facts), { ...edge.rules, upstream: current.upstream }),
      request.method,
    );
  },
};

async function start(request: Request, env: CloudflareEnv): Promise<Isolate> {
  const settings = readSettings(env);
  const keys = new Map<string, Awaited<ReturnType<typeof publicKeyOf>>>();
  for (const [id, jwk] of Object.entries(settings.publicKeys)) keys.set(id, await publicKeyOf(jwk));
  const { SNAPSHOTS: namespace, HOP_KEYS: hopKeys } = env;
  const sign = hopKeys === undefined ? null : await hopSigner(hopKeys, Date.now);
  const edge = createEdge(
    {
      name: env.EDGE_NAME ?? `cloudflare-${colo(request)}`,
      location: settings.location,
      trustedProxies: [],
      trustedHops: 0,
      trustedHeader: null,
      debugToken: settings.debugToken,
    },
    {
      source: {
        get: storeOf(env),
        digest: sha256Hex,
        verify: manifestVerifier(keys),
        audience: settings.audience,
        lacking: sign === null ? { [SIGNED_HOP]: "but HOP_KEYS is not bound" } : {},
      },
      report: namespace === undefined ? null : workersKvReporter(namespace, REPORT_INTERVAL_MS, Date.now),
      locator: null,
      headerLocation: null,
      zonePoint: null,
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
  return { edge, upstream, settings, nextRefreshMs: Date.now() + EMPTY_RETRY_MS };
}

/** KV first; the second store is asked only when the first cannot be reached. */
function storeOf(env: CloudflareEnv): (key: string) => Promise<string | null> {
  const kv = env.SNAPSHOTS === undefined ? null : workersKvReader(env.SNAPSHOTS);
  const http = env.SNAPSHOT_URL === undefined ? null : httpReader(env.SNAPSHOT_URL);
  if (kv === null || http === null) return kv ?? http ?? (() => Promise.resolve(null));
  return (key) => kv(key).catch(() => http(key));
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
