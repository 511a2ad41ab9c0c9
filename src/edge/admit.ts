/** The first half of a request's life, the same in every runtime: who asks → decide. No body is looked at. */
import { decide } from "../core/decide.ts";
import type { OverrideTable, Places } from "../core/geo/client-location.ts";
import { vantageOf } from "../core/geo/vantage.ts";
import type { Decision, ForwardDecision, VerifiedPin } from "../core/decision.ts";
import { noteHold } from "../core/steering/hold.ts";
import type { IdentifiedClient } from "./client.ts";
import type { RequestEvent } from "./event.ts";
import { type LocalAnswer, proxyError, textAnswer } from "./local-answer.ts";
import { type EdgeRequestHead, firstHeader } from "./message.ts";
import { countOffered } from "./offered.ts";
import { type ForwardingFacts, isLoop, requestId } from "./request-headers.ts";
import type { EdgeState } from "./state.ts";
import type { ToHttps } from "./to-https.ts";
import { traceContext } from "./trace-context.ts";

export interface AdmitDeps {
  readonly state: EdgeState;
  readonly now: () => number;
  readonly random: () => number;
  readonly places: Places;
  readonly toHttps: ToHttps;
  readonly identify: (request: EdgeRequestHead, overrides: OverrideTable) => IdentifiedClient;
}

export type Admission =
  | { readonly to: "answer"; readonly answer: LocalAnswer }
  | { readonly to: "forward"; readonly decision: ForwardDecision; readonly facts: ForwardingFacts };

/** Decides what becomes of a request (`pins` are the verified ones), and notes in the event what is known of it. */
export function admit(
  request: EdgeRequestHead,
  deps: AdmitDeps,
  event: RequestEvent,
  pins: readonly VerifiedPin[],
): Admission {
  const { state, random } = deps;
  const nowMs = deps.now();
  if (REFUSED_METHODS.has(request.method)) return local(event, "method-refused", textAnswer(405, "method not allowed"));
  if (isLoop(request.headers)) return local(event, "loop", proxyError(508, "loop detected", "proxy_loop_detected"));
  const { serving } = state;
  if (serving === null)
    return local(event, "no-snapshot", proxyError(503, "the edge has no routes yet", "proxy_configuration_error"));

  const { client, trusted, chain } = deps.identify(request, serving.overrides);
  event.client = client;
  const trace = traceContext(firstHeader(request.headers, "traceparent"), random);
  event.traceId = trace.traceId;
  event.spanId = trace.spanId;
  event.parentSpanId = trace.parentSpanId;
  event.requestId = requestId(request, trusted, random);

  const decision = decide(serving.table, state.health, request, {
    client,
    vantage: vantageOf({
      own: state.location,
      place: state.name,
      location: client.location,
      places: deps.places,
    }),
    nowMs,
    pins,
    offered: nowMs < state.health.expiresAtMs ? state.health.offered : null,
    seed: nextSeed(state),
  });
  event.decision = decision;
  if (decision.action !== "forward") return withoutOrigin(decision, event);
  event.host = decision.host;
  const moved = deps.toHttps(request, decision, trusted);
  if (moved !== null) return local(event, "to-https", moved);
  countOffered(state.offered, decision, nowMs);
  noteHold(state.held, decision.hold, { nowMs, dwellMs: state.dwellMs });
  const { requestId: id } = event;
  const facts = { trusted, chain, publicHost: request.host, location: client.location, trace, requestId: id };
  return { to: "forward", decision, facts };
}

/** RFC 9110 §9.3.6, §9.3.8: a gateway opens no tunnels and echoes nobody's credentials. */
const REFUSED_METHODS: ReadonlySet<string> = new Set(["CONNECT", "TRACE", "TRACK"]);

function withoutOrigin(decision: Exclude<Decision, { action: "forward" }>, event: RequestEvent): Admission {
  switch (decision.action) {
    case "reject": {
      const { status, code } = decision;
      if (status === 503)
        return local(event, code, proxyError(503, "no cluster serves this", "destination_unavailable"));
      return local(event, code, textAnswer(status, status === 400 ? "bad request" : "no such route"));
    }
    case "redirect":
      return local(event, "redirect", textAnswer(decision.status, "moved", [["location", decision.location]]));
    case "respond": {
      const { status, headers, body } = decision;
      return local(event, "respond", { status, headers, text: body });
    }
    default:
      return decision satisfies never;
  }
}

function nextSeed(state: EdgeState): number {
  state.seed = (state.seed + 1) >>> 0;
  return state.seed;
}

function local(event: RequestEvent, code: string, answer: LocalAnswer): Admission {
  event.code = code;
  return { to: "answer", answer };
}
