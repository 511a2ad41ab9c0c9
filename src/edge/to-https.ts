/** Plain requests that are to be asked again over TLS. */
import type { ForwardDecision } from "../core/decision.ts";
import { type LocalAnswer, textAnswer } from "./local-answer.ts";
import { type EdgeRequestHead, firstHeader } from "./message.ts";

/** The answer for a request that must come over TLS, null for one that may go on; `trusted` is the hop in front. */
export type ToHttps = (request: EdgeRequestHead, decision: ForwardDecision, trusted: boolean) => LocalAnswer | null;

/** Sends those on whose route asks for it, or all of them to `port` when there is one. */
export function toHttps(port: number | null): ToHttps {
  return (request, { asks, host, forwardPath }, trusted) => {
    if ((port === null && !asks.httpsOnly) || isSecure(request, trusted)) return null;
    const authority = port === null || port === 443 ? host : `${host}:${port}`;
    // 308: a method and its body stay what they are (RFC 9110 §15.4.9). Made of what was routed, of nothing as it came.
    return textAnswer(308, "moved", [["location", `https://${authority}${forwardPath}`]]);
  };
}

/** By the connection, or by the word of a hop that is trusted. */
function isSecure({ scheme, headers }: EdgeRequestHead, trusted: boolean): boolean {
  return scheme === "https" || (trusted && firstHeader(headers, "x-forwarded-proto") === "https");
}
