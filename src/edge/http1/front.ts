/** Who decides about a request, and what the origin is told: the one difference between an edge and a gateway. */
import { canonicalHost } from "../../core/request/host.ts";
import type { ForwardDecision } from "../../core/decision.ts";
import { admit } from "../admit.ts";
import type { RequestEvent } from "../event.ts";
import { type LocalAnswer, textAnswer } from "../local-answer.ts";
import type { HeaderField } from "../message.ts";
import { requestHeaders } from "../request-headers.ts";
import type { RequestRules } from "../rules.ts";
import { toHttps } from "../to-https.ts";
import { isForUs, OPTIONS_ANSWER } from "./options.ts";
import { asEdgeRequest, type RequestHead } from "./request-head.ts";
import type { SocketPins } from "./pins.ts";
import type { Peer } from "./request-sink.ts";

export type Fronted =
  | { readonly to: "answer"; readonly answer: LocalAnswer }
  | {
      readonly to: "forward";
      readonly decision: ForwardDecision;
      /** Host that the client asked for, with its port. */
      readonly publicHost: string;
      /** For the origin, without Host and Content-Length. */
      readonly fields: readonly HeaderField[];
    };

/** Notes in the event what is known of the request. May throw; then the client is told 500. */
export type Front = (head: RequestHead, peer: Peer, event: RequestEvent) => Fronted;

/** The front of an edge: `admit`, as every runtime has it; plain requests are sent to `httpsPort` when there is one. */
export function edgeFront(rules: RequestRules, pins: SocketPins, httpsPort: number | null): Front {
  const deps = httpsPort === null ? rules : { ...rules, toHttps: toHttps(httpsPort) };
  return (head, peer, event) => {
    if (isForUs(head)) {
      event.code = "options";
      const answer = canonicalHost(head.host).ok ? OPTIONS_ANSWER : textAnswer(400, "bad request");
      return { to: "answer", answer };
    }
    const request = asEdgeRequest(head, peer);
    const admission = admit(request, deps, event, pins.verified(request));
    if (admission.to === "answer") return admission;
    const { decision, facts } = admission;
    return { to: "forward", decision, publicHost: facts.publicHost, fields: requestHeaders(request, facts) };
  };
}
