/**
 * The life of a request at CloudFront: who asks → decide → hand over. The platform sends the request itself, so there is
 * one candidate at a time: the first one, and the next when an origin group comes again because the first one failed.
 */
import { causeOf } from "../../core/cause.ts";
import { connectAddressProblem } from "../../core/address/origin-address.ts";
import { parseLiteral } from "../../core/address/ip.ts";
import type { Candidate, ClientLocation, ForwardDecision } from "../../core/decision.ts";
import { originKey } from "../../core/health/view.ts";
import type { Origin } from "../../core/model.ts";
import { hash32 } from "../../core/steering/hash.ts";
import { admit } from "../admit.ts";
import { newEvent, type RequestEvent } from "../event.ts";
import { type SignHop, signedFields } from "../fetch/signed-fields.ts";
import { BODY_TOO_LARGE } from "../limited-body.ts";
import { failureAnswer, proxyError } from "../local-answer.ts";
import { type EdgeRequestHead, firstHeader } from "../message.ts";
import { type ForwardingFacts, requestHeaders } from "../request-headers.ts";
import type { RequestRules } from "../rules.ts";
import { hostFor } from "../tries.ts";
import {
  cloudFrontHead,
  type CloudFrontRequest,
  type CloudFrontResponse,
  memberOf,
  toAnswer,
  toOrigin,
} from "./event.ts";

export interface HandOverDeps {
  readonly rules: RequestRules;
  readonly allowPrivateOrigins: boolean;
  /** Null without a key. */
  readonly sign: SignHop | null;
}

/** The request to send, or the answer to give. Never rejects. */
export async function handOver(
  request: CloudFrontRequest,
  asked: { readonly requestId: string; readonly location: ClientLocation | null },
  deps: HandOverDeps,
): Promise<CloudFrontRequest | CloudFrontResponse> {
  const { rules } = deps;
  const head = cloudFrontHead(request, asked.location);
  const event = newEvent(head.method, head.scheme, rules.now());
  rules.state.liveRequests += 1;
  try {
    // Both members of an origin group are asked under one id, so that both calls order the candidates alike.
    rules.state.seed = hash32(asked.requestId);
    const admission = admit(head, rules, event, []);
    if (admission.to === "forward") return await forward(request, head, admission, { ...deps, event });
    event.status = admission.answer.status;
    return toAnswer(admission.answer);
  } catch (error) {
    event.error = causeOf(error);
    event.code = "internal-error";
    return toAnswer(proxyError(500, "the edge failed", "proxy_internal_error"));
  } finally {
    rules.state.liveRequests -= 1;
    rules.onEvent(event);
  }
}

async function forward(
  request: CloudFrontRequest,
  head: EdgeRequestHead,
  { decision, facts }: { readonly decision: ForwardDecision; readonly facts: ForwardingFacts },
  { rules, event, sign, allowPrivateOrigins }: HandOverDeps & { readonly event: RequestEvent },
): Promise<CloudFrontRequest | CloudFrontResponse> {
  const { maxBodyBytes } = decision.asks;
  // The body goes past us: its length is all that there is to go by.
  if (maxBodyBytes !== null && Number(firstHeader(head.headers, "content-length") ?? 0) > maxBodyBytes) {
    event.code = "body-too-large";
    event.status = 413;
    return toAnswer(BODY_TOO_LARGE);
  }
  const places = placesOf(decision);
  const [first] = places;
  const place = places[memberOf(request) - 1] ?? first;
  if (place === undefined || first === undefined) return refused(event, "other");
  if (memberOf(request) === 2) {
    // All that CloudFront says is that the first one failed: a refused connection and a 503 look alike from here.
    const outcome = { type: "answered", status: 502, retryAfterMs: null } as const;
    rules.onOutcome(originKey(first.candidate.cluster, first.origin), outcome);
    event.tries.push({ ...first, outcome, durationMs: 0 });
  }
  const { origin, candidate } = place;
  const { connectHost, port, protocol } = origin;
  if (parseLiteral(connectHost) !== null && connectAddressProblem(connectHost, origin, allowPrivateOrigins) !== null) {
    return refused(event, "forbidden-address");
  }
  if (origin.signed && sign === null) return refused(event, "other");
  const { publicHost } = facts;
  const target = decision.forwardPath;
  const signed =
    !origin.signed || sign === null
      ? []
      : await signedFields(
          sign,
          { method: head.method, authority: publicHost, target, backend: candidate.service },
          decision.timeoutMs,
        );
  // The answer goes past us: its status stands in CloudFront's own logs.
  event.status = 0;
  event.code = "handed-over";
  return toOrigin(request, {
    domainName: connectHost,
    port,
    protocol,
    readTimeout: Math.min(60, Math.max(1, Math.ceil(decision.timeoutMs / 1000))),
    host: hostFor(origin.host, connectHost, publicHost),
    target,
    headers: [...requestHeaders(head, facts), ...signed],
  });
}

interface Place {
  readonly candidate: Candidate;
  readonly origin: Origin;
}

/** Another cluster comes before another origin of the same one. */
function placesOf({ candidates }: ForwardDecision): readonly Place[] {
  const nth = (index: number): Place[] =>
    candidates.flatMap((candidate) => {
      const origin = candidate.origins[index];
      return origin === undefined ? [] : [{ candidate, origin }];
    });
  return [...nth(0), ...nth(1)];
}

function refused(event: RequestEvent, failure: Parameters<typeof failureAnswer>[0]): CloudFrontResponse {
  const answer = failureAnswer(failure);
  event.code = `failed-${failure}`;
  event.status = answer.status;
  return toAnswer(answer);
}
