/** What is known about one request when it ends; the access log and the metrics are written from it, once. */
import type { Candidate, Client, Decision } from "../core/decision.ts";
import type { Origin } from "../core/model.ts";
import type { AttemptOutcome } from "../core/retry.ts";

/** One try as it happened. */
export interface Try {
  readonly candidate: Candidate;
  readonly origin: Origin;
  readonly outcome: AttemptOutcome;
  readonly durationMs: number;
}

/** Filled in while the request lives; mutable and local to it. */
export interface RequestEvent {
  readonly startedMs: number;
  readonly method: string;
  readonly scheme: string;
  client: Client | null;
  /** Host and path as canonicalised; the query is left out on purpose. */
  host: string | null;
  traceId: string | null;
  /** The request's own span, which origins see as their parent, and the client's; null when unknown. */
  spanId: string | null;
  parentSpanId: string | null;
  requestId: string | null;
  decision: Decision | null;
  /** Why there is no decision, or what was made of it: stable words for metrics and logs. */
  code: string;
  readonly tries: Try[];
  /** Why no further try was made. */
  gaveUp: string | null;
  status: number;
  /** Message of an unexpected error. */
  error: string | null;
}

/** An event at its beginning. */
export function newEvent(method: string, scheme: string, startedMs: number): RequestEvent {
  return {
    startedMs,
    method,
    scheme,
    client: null,
    host: null,
    traceId: null,
    spanId: null,
    parentSpanId: null,
    requestId: null,
    decision: null,
    code: "ok",
    tries: [],
    gaveUp: null,
    status: 500,
    error: null,
  };
}
