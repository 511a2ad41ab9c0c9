/**
 * ★ The life of a request: who asks → decide → tries → answer. The decision is pure (`core/decide.ts`); here it is
 * carried out, and whatever happens one event is written when the head of the answer is known.
 */
import { causeOf } from "../core/cause.ts";
import { type Admission, admit } from "./admit.ts";
import { isDebugToken } from "./debug-token.ts";
import { newEvent, type RequestEvent } from "./event.ts";
import { asResponse, failureAnswer, proxyError, textAnswer } from "./local-answer.ts";
import { type EdgeRequest, type EdgeResponse, firstHeader } from "./message.ts";
import type { RequestPins } from "./request-pins.ts";
import { takeBody, type WatchBody } from "./request-body.ts";
import { requestHeaders } from "./request-headers.ts";
import { responseHeaders } from "./response-headers.ts";
import type { RequestRules } from "./rules.ts";
import { carryOut } from "./tries.ts";
import type { Upstream } from "./upstream.ts";

export interface HandleDeps extends Omit<RequestRules, "pinKeys"> {
  readonly upstream: Upstream;
  /** Null where `upstream` never proves that nothing was sent. */
  readonly watchBody: WatchBody | null;
  /** Null where no cookie is believed: cookie affinity then falls back to the client's address. */
  readonly pins: RequestPins | null;
}

/** Answers one request. Never rejects. */
export async function handle(request: EdgeRequest, deps: HandleDeps): Promise<EdgeResponse> {
  const event = newEvent(request.method, request.scheme, deps.now());
  deps.state.liveRequests += 1;
  try {
    const response = await answer(request, deps, event);
    event.status = response.status;
    if (!isDebugToken(firstHeader(request.headers, "portolan-debug"), deps.debugToken)) return response;
    // Few ask, so few isolates carry it.
    const { debugHeaders } = await import("./debug.ts");
    return { ...response, headers: [...response.headers, ...debugHeaders(event, deps.state)] };
  } catch (error) {
    event.error = causeOf(error);
    event.code = "internal-error";
    const response = asResponse(proxyError(500, "the edge failed", "proxy_internal_error"));
    event.status = response.status;
    return response;
  } finally {
    deps.state.liveRequests -= 1;
    deps.onEvent(event);
  }
}

async function answer(request: EdgeRequest, deps: HandleDeps, event: RequestEvent): Promise<EdgeResponse> {
  const pins = deps.pins === null ? [] : await deps.pins.verified(request);
  const admission = admit(request, deps, event, pins);
  if (admission.to === "answer") return asResponse(admission.answer);
  const { maxBodyBytes } = admission.decision.asks;
  const go = (allowed: EdgeRequest) => forward(allowed, deps, event, admission);
  if (maxBodyBytes === null) return await go(request);
  const { limited } = await import("./limited-body.ts");
  return await limited(request, maxBodyBytes, event, go);
}

async function forward(
  request: EdgeRequest,
  deps: HandleDeps,
  event: RequestEvent,
  { decision, facts }: Extract<Admission, { to: "forward" }>,
): Promise<EdgeResponse> {
  const taken = await takeBody(request, decision.timeoutMs, deps.watchBody);
  if (!taken.ok) {
    event.code = "body-incomplete";
    return asResponse(textAnswer(taken.cause === "too-slow" ? 408 : 400, "the body did not arrive"));
  }
  const outgoing = {
    method: request.method,
    headers: requestHeaders(request, facts),
    body: taken.body,
    publicHost: facts.publicHost,
    signal: request.signal,
  };
  const { last, gaveUp } = await carryOut(decision, outgoing, deps.state, deps, event.tries);
  event.gaveUp = gaveUp;
  if (last.type === "failed") {
    event.code = `failed-${last.failure}`;
    return asResponse(failureAnswer(last.failure));
  }
  const headers = responseHeaders(last.headers);
  const pin = deps.pins === null ? null : await deps.pins.field(event, last.status, headers);
  return { status: last.status, headers: pin === null ? headers : [...headers, pin], body: last.body };
}
