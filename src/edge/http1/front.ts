/** Who decides about a request, and what the origin is told: the one difference between an edge and a gateway. */
import { canonicalHost } from "../../core/request/host.ts";
import type { ForwardDecision } from "../../core/decision.ts";
import { admit } from "../admit.ts";
import type { RequestEvent } from "../event.ts";
import { type LocalAnswer, textAnswer } from "../local-answer.ts";
import type { HeaderField } from "../message.ts";
import { requestHeaders } from "../request-headers.ts";
import type { RequestRules } from "../rules.ts";
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
  return (head, peer, event) => {
    if (isForUs(head)) {
      event.code = "options";
      const answer = canonicalHost(head.host).ok ? OPTIONS_ANSWER : textAnswer(400, "bad request");
      return { to: "answer", answer };
    }
    const request = asEdgeRequest(head, peer);
    const admission = admit(request, rules, event, pins.verified(request));
    if (admission.to === "answer") return admission;
    const { decision, facts } = admission;
    if (httpsPort !== null && peer.scheme === "http") {
      return { to: "answer", answer: toHttps(decision, httpsPort, event) };
    }
    return { to: "forward", decision, publicHost: facts.publicHost, fields: requestHeaders(request, facts) };
  };
}

/** Where the same request is answered over TLS: made of the host and path that were routed, of nothing as it came. */
function toHttps({ host, forwardPath }: ForwardDecision, port: number, event: RequestEvent): LocalAnswer {
  event.code = "to-https";
  const authority = port === 443 ? host : `${host}:${port}`;
  // 308: a method and its body stay what they are (RFC 9110 §15.4.9).
  return textAnswer(308, "moved", [["location", `https://${authority}${forwardPath}`]]);
}
