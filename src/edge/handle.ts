/**
 * ★ The life of a request: who asks → decide → tries → answer. The decision is pure (`core/decide.ts`); here it is
 * carried out, and whatever happens one event is written when the head of the answer is known.
 */
import { decide } from "../core/decide.ts";
import { vantageOf } from "../core/geo/vantage.ts";
import type { Decision } from "../core/model.ts";
import type { AttemptOutcome } from "../core/retry.ts";
import { type ClientSources, identifyClient } from "./client.ts";
import { debugHeaders, isDebugToken } from "./debug.ts";
import { newEvent, type RequestEvent } from "./event.ts";
import { failureAnswer, proxyError, textAnswer } from "./local-answer.ts";
import { type EdgeRequest, type EdgeResponse, firstHeader } from "./message.ts";
import { takeBody } from "./request-body.ts";
import { isLoop, requestHeaders, requestId } from "./request-headers.ts";
import { responseHeaders } from "./response-headers.ts";
import type { EdgeState } from "./state.ts";
import { traceContext } from "./trace-context.ts";
import { carryOut } from "./tries.ts";
import type { Upstream } from "./upstream.ts";

export interface HandleDeps extends Omit<ClientSources, "overrides"> {
  readonly state: EdgeState;
  readonly upstream: Upstream;
  readonly debugToken: string | null;
  readonly now: () => number;
  readonly random: () => number;
  readonly onOutcome: (origin: string, outcome: AttemptOutcome) => void;
  /** Once per request, when its head has been answered. */
  readonly onEvent: (event: RequestEvent) => void;
}

/** RFC 9110 §9.3.6, §9.3.8: a gateway opens no tunnels and echoes nobody's credentials. */
const REFUSED_METHODS: ReadonlySet<string> = new Set(["CONNECT", "TRACE", "TRACK"]);

/** Answers one request. Never rejects. */
export async function handle(request: EdgeRequest, deps: HandleDeps): Promise<EdgeResponse> {
  const event = newEvent(request.method, request.scheme, deps.now());
  deps.state.liveRequests += 1;
  try {
    const response = await answer(request, deps, event);
    event.status = response.status;
    if (!isDebugToken(firstHeader(request.headers, "portolan-debug"), deps.debugToken)) return response;
    return { ...response, headers: [...response.headers, ...debugHeaders(event, snapshotName(deps.state))] };
  } catch (error) {
    event.error = error instanceof Error ? error.message : String(error);
    event.code = "internal-error";
    const response = proxyError(500, "the edge failed", "proxy_internal_error");
    event.status = response.status;
    return response;
  } finally {
    deps.state.liveRequests -= 1;
    deps.onEvent(event);
  }
}

async function answer(request: EdgeRequest, deps: HandleDeps, event: RequestEvent): Promise<EdgeResponse> {
  const { state } = deps;
  if (REFUSED_METHODS.has(request.method)) return local(event, "method-refused", textAnswer(405, "method not allowed"));
  if (isLoop(request.headers)) return local(event, "loop", proxyError(508, "loop detected", "proxy_loop_detected"));
  const { serving } = state;
  if (serving === null)
    return local(event, "no-snapshot", proxyError(503, "the edge has no routes yet", "proxy_configuration_error"));

  const { client, trusted } = identifyClient(request, { ...deps, overrides: serving.overrides });
  event.client = client;
  const trace = traceContext(firstHeader(request.headers, "traceparent"), deps.random);
  event.traceId = trace.traceId;
  event.requestId = requestId(request, trusted, deps.random);

  const decision = decide(serving.table, state.health, request, {
    client,
    vantage: vantageOf({
      own: state.location,
      place: state.name,
      location: client.location,
      zonePoint: deps.zonePoint,
    }),
    nowMs: deps.now(),
    seed: nextSeed(state),
  });
  event.decision = decision;
  if (decision.action !== "forward") return withoutOrigin(decision, event);
  event.host = decision.host;

  const taken = await takeBody(request, decision.timeoutMs, deps.upstream.provesUnsent);
  if (!taken.ok)
    return local(
      event,
      "body-incomplete",
      textAnswer(taken.cause === "too-slow" ? 408 : 400, "the body did not arrive"),
    );
  const publicHost = request.host;
  const facts = { trusted, publicHost, location: client.location, trace, requestId: event.requestId };
  const outgoing = {
    method: request.method,
    headers: requestHeaders(request, facts),
    body: taken.body,
    publicHost,
    signal: request.signal,
  };
  const { last, gaveUp } = await carryOut(decision, outgoing, state, deps, event.tries);
  event.gaveUp = gaveUp;
  if (last.type === "failed") {
    event.code = `failed-${last.failure}`;
    return failureAnswer(last.failure);
  }
  return { status: last.status, headers: responseHeaders(last.headers), body: last.body };
}

function withoutOrigin(decision: Exclude<Decision, { action: "forward" }>, event: RequestEvent): EdgeResponse {
  switch (decision.action) {
    case "reject":
      event.code = decision.code;
      if (decision.status === 503) return proxyError(503, "no cluster serves this", "destination_unavailable");
      return textAnswer(decision.status, decision.status === 400 ? "bad request" : "no such route");
    case "redirect": {
      const response = textAnswer(decision.status, "moved", [["location", decision.location]]);
      event.code = "redirect";
      return response;
    }
    case "respond":
      event.code = "respond";
      return { status: decision.status, headers: decision.headers, body: new Response(decision.body).body };
    default:
      return decision satisfies never;
  }
}

function nextSeed(state: EdgeState): number {
  state.seed = (state.seed + 1) >>> 0;
  return state.seed;
}

function local(event: RequestEvent, code: string, response: EdgeResponse): EdgeResponse {
  event.code = code;
  return response;
}

function snapshotName({ serving }: EdgeState): string {
  if (serving === null) return "none";
  const { manifest, hash } = serving.loaded;
  return `${manifest.epoch}.${manifest.generation} ${hash}`;
}
