/** Answers that the edge gives itself. They never repeat anything of the request. */
import type { AttemptFailure } from "../core/retry.ts";
import type { EdgeResponse, HeaderField } from "./message.ts";
import { CDN_ID } from "./request-headers.ts";

/** An answer whose body is text that we have whole. */
export interface LocalAnswer {
  readonly status: number;
  /** With its Content-Length. */
  readonly headers: readonly HeaderField[];
  readonly text: string;
}

/** A short text answer that no cache keeps and no browser interprets; `text` must be a constant of ours, in ASCII. */
export function textAnswer(status: number, text: string, extra: readonly HeaderField[] = []): LocalAnswer {
  const line = `${status} ${text}\n`;
  return {
    status,
    headers: [
      ["content-type", "text/plain; charset=utf-8"],
      ["content-length", String(line.length)],
      ["cache-control", "no-store"],
      ["x-content-type-options", "nosniff"],
      ...extra,
    ],
    text: line,
  };
}

/** An answer that says which RFC 9209 error it stands for. */
export function proxyError(status: number, text: string, error: string): LocalAnswer {
  return textAnswer(status, text, [["proxy-status", `${CDN_ID}; error=${error}`]]);
}

const UNREACHABLE = "no cluster could be reached";
const TOO_LATE = "no cluster answered in time";

/** Status, text and RFC 9209 error of each failure. */
const FAILURES: Readonly<Record<AttemptFailure, readonly [status: number, text: string, error: string]>> = {
  "connect-timeout": [504, TOO_LATE, "connection_timeout"],
  "response-timeout": [504, TOO_LATE, "http_response_timeout"],
  refused: [502, UNREACHABLE, "connection_refused"],
  unreachable: [502, UNREACHABLE, "destination_ip_unroutable"],
  "name-not-found": [502, UNREACHABLE, "dns_error"],
  tls: [502, UNREACHABLE, "tls_protocol_error"],
  "forbidden-address": [502, UNREACHABLE, "destination_ip_prohibited"],
  reset: [502, "the connection to the cluster broke", "connection_terminated"],
  protocol: [502, "the cluster's answer was not valid HTTP", "http_protocol_error"],
  overloaded: [503, "too many requests are under way", "connection_limit_reached"],
  "client-gone": [408, "the request did not arrive in time", "http_request_error"],
  other: [502, UNREACHABLE, "destination_unavailable"],
};

/** What the client sees when every try failed, from how the last one did: 504 for a timeout, 502 otherwise. */
export function failureAnswer(failure: AttemptFailure): LocalAnswer {
  return proxyError(...FAILURES[failure]);
}

/** The answer for a runtime whose bodies are streams. */
export function asResponse({ status, headers, text }: LocalAnswer): EdgeResponse {
  const bytes = new TextEncoder().encode(text);
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      if (bytes.length > 0) controller.enqueue(bytes);
      controller.close();
    },
  });
  return { status, headers, body };
}
