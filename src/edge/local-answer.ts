/** Answers that the edge gives itself. They never repeat anything of the request. */
import type { AttemptFailure } from "../core/retry.ts";
import type { EdgeResponse, HeaderField } from "./message.ts";
import { CDN_ID } from "./request-headers.ts";

/** A short text answer that no cache keeps and no browser interprets; `text` must be a constant of ours. */
export function textAnswer(status: number, text: string, extra: readonly HeaderField[] = []): EdgeResponse {
  const bytes = new TextEncoder().encode(`${status} ${text}\n`);
  return {
    status,
    headers: [
      ["content-type", "text/plain; charset=utf-8"],
      ["content-length", String(bytes.byteLength)],
      ["cache-control", "no-store"],
      ["x-content-type-options", "nosniff"],
      ...extra,
    ],
    body: bytesStream(bytes),
  };
}

/** An answer that says which RFC 9209 error it stands for. */
export function proxyError(status: number, text: string, error: string): EdgeResponse {
  return textAnswer(status, text, [["proxy-status", `${CDN_ID}; error=${error}`]]);
}

/** What the client sees when every try failed, from how the last one did: 504 for a timeout, 502 otherwise. */
export function failureAnswer(failure: AttemptFailure): EdgeResponse {
  switch (failure) {
    case "connect-timeout":
      return proxyError(504, "no cluster answered in time", "connection_timeout");
    case "response-timeout":
      return proxyError(504, "no cluster answered in time", "http_response_timeout");
    case "refused":
      return proxyError(502, "no cluster could be reached", "connection_refused");
    case "unreachable":
      return proxyError(502, "no cluster could be reached", "destination_ip_unroutable");
    case "name-not-found":
      return proxyError(502, "no cluster could be reached", "dns_error");
    case "tls":
      return proxyError(502, "no cluster could be reached", "tls_protocol_error");
    case "forbidden-address":
      return proxyError(502, "no cluster could be reached", "destination_ip_prohibited");
    case "reset":
      return proxyError(502, "the connection to the cluster broke", "connection_terminated");
    case "protocol":
      return proxyError(502, "the cluster's answer was not valid HTTP", "http_protocol_error");
    case "overloaded":
      return proxyError(503, "too many requests are under way", "connection_limit_reached");
    case "client-gone":
      return proxyError(408, "the request did not arrive in time", "http_request_error");
    case "other":
      return proxyError(502, "no cluster could be reached", "destination_unavailable");
    default:
      return failure satisfies never;
  }
}

/** One chunk as a stream. */
export function bytesStream(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
}
