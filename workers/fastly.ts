/**
 * The edge on Fastly Compute, where an instance lives for one request: it reads the part of the host that is asked for,
 * decides, sends and ends. Wiring only. What is imported here is evaluated when the package is built (ADR 19).
 */
import { getGeolocationForIpAddress } from "fastly:geolocation";
import { allPolicies } from "../src/core/all-policies.ts";
import { KNOWN_COUNTRIES } from "../src/core/geo/countries.ts";
import { fastlyLocation } from "../src/core/geo/fastly-location.ts";
import { timeZonePoint } from "../src/core/geo/time-zones.ts";
import { needsPolicies } from "../src/core/routing-table.ts";
import { provideAbort } from "../src/edge/fastly/abort.ts";
import { fastlyUpstream } from "../src/edge/fastly/upstream.ts";
import { edgeRequest, fetchResponse } from "../src/edge/fetch/message.ts";
import { handle } from "../src/edge/handle.ts";
import { requestCount } from "../src/edge/metrics.ts";
import { partFollower } from "../src/edge/follow-part.ts";
import { platformClient } from "../src/edge/platform-client.ts";
import { servingEdge } from "../src/edge/serving.ts";
import { fetchOver } from "./fastly-backends.ts";
import { startFastly } from "./fastly-start.ts";

interface FastlyEvent {
  readonly request: Request;
  readonly client: { readonly address: string };
  respondWith(response: Promise<Response>): void;
  waitUntil(work: Promise<void>): void;
}

declare const addEventListener: (type: "fetch", listener: (event: FastlyEvent) => void) => void;

provideAbort(globalThis);

const PLACES = { zonePoint: timeZonePoint, countries: KNOWN_COUNTRIES };

addEventListener("fetch", (event) => event.respondWith(answer(event)));

async function answer(event: FastlyEvent): Promise<Response> {
  const { request, client } = event;
  const { report, name, settings, source, bundled, pins, sign, toHttps, backends, kept } = await startFastly();
  const { location, debugToken, allowPrivateOrigins } = settings;
  const { rules, follow } = servingEdge(
    { name, location, debugToken },
    {
      identify: (asked, overrides) => platformClient(asked, overrides, PLACES),
      places: PLACES,
      toHttps,
      pinKeys: null,
      noteChoice: null,
      onAnswer: null,
      metrics: requestCount,
      now: Date.now,
      random: Math.random,
      accessLog: console.log,
      log: console.warn,
    },
  );
  const facts = { peerAddress: client.address, location: placeOf(client.address) };
  // No instance is told that its client has left.
  const asked = { ...edgeRequest(request, facts), signal: new AbortController().signal };
  const bring = async (snapshot: Parameters<typeof needsPolicies>[0]) => (needsPolicies(snapshot) ? allPolicies : null);
  const follower = partFollower(asked.host, { ...follow, source, bring, report, onTaken: kept.keep });
  await follower.coldStart(bundled);
  const upstream = fastlyUpstream({ allowPrivateOrigins, sign, fetchFrom: fetchOver(backends) });
  const response = fetchResponse(await handle(asked, { ...rules, upstream, watchBody: null, pins }), request.method);
  event.waitUntil(follower.report());
  return request.method === "HEAD" ? withLength(response) : response;
}

/** RFC 9110 §9.3.2: the length that GET would have. Fastly derives it from the body, of which HEAD has none. */
function withLength({ status, headers }: Response): Response {
  const init: ResponseInit & { readonly manualFramingHeaders: true } = { status, headers, manualFramingHeaders: true };
  return new Response(null, init);
}

/** The platform's own look-up, of an address that the platform vouches for. */
function placeOf(address: string): ReturnType<typeof fastlyLocation> {
  try {
    return fastlyLocation(getGeolocationForIpAddress(address));
  } catch {
    return null;
  }
}
