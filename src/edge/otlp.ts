/**
 * OpenTelemetry over HTTP with JSON: a trace per request with one span per try, and the metrics page. Telemetry is
 * fire and forget: a bounded queue, no retry, never on the request path (FM59).
 */
import type { RequestEvent, Try } from "./event.ts";
import { metricsOf, type Sent, totalsOf } from "./otlp-metrics.ts";
import { attributes, nanoseconds } from "./otlp-values.ts";
import { hexId } from "./trace-context.ts";

export interface OtlpOptions {
  /** Resource attributes, `service.name` among them. */
  readonly resource: Readonly<Record<string, string>>;
  readonly now: () => number;
  readonly random: () => number;
  /**
   * Totals since the start, or what came to them since the last sending: for senders that come and go, whose totals
   * nobody could tell apart.
   */
  readonly temporality: "cumulative" | "delta";
  /** Sends one JSON text to `/v1/traces` or `/v1/metrics`; may reject. */
  readonly post: (path: "/v1/traces" | "/v1/metrics", json: string) => Promise<void>;
}

export interface OtlpExporter {
  /** Takes one request that has ended. */
  request(event: RequestEvent, endedMs: number): void;
  /** Sends what is queued, and the metrics page. Never rejects. */
  flush(metricsText: string): Promise<void>;
  /** Spans that were dropped because the queue was full or the receiver refused them. */
  dropped(): number;
}

const MAX_QUEUE = 4096;
const BATCH = 512;
const SERVER = 2;
const CLIENT = 3;
const STATUS_ERROR = 2;

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly object[];
  readonly status: object;
}

/** An exporter with an empty queue. */
export function otlpExporter(options: OtlpOptions): OtlpExporter {
  const queue: Span[] = [];
  const delta = options.temporality === "delta";
  let startedMs = options.now();
  let sent: Sent | null = delta ? new Map() : null;
  const resource = { attributes: attributes(options.resource) };
  const scope = { name: "portolan" };
  let dropped = 0;
  const post = async (path: "/v1/traces" | "/v1/metrics", value: object): Promise<boolean> => {
    try {
      await options.post(path, JSON.stringify(value));
      return true;
    } catch {
      return false;
    }
  };
  return {
    request(event, endedMs) {
      const spans = spansOf(event, endedMs, options.random);
      if (queue.length + spans.length > MAX_QUEUE) dropped += spans.length;
      else queue.push(...spans);
    },
    async flush(metricsText) {
      while (queue.length > 0) {
        const spans = queue.splice(0, BATCH);
        const taken = await post("/v1/traces", { resourceSpans: [{ resource, scopeSpans: [{ scope, spans }] }] });
        if (!taken) dropped += spans.length;
      }
      const nowMs = options.now();
      const metrics = metricsOf(metricsText, { startedMs, nowMs }, sent);
      if (metrics.length === 0) return;
      const taken = await post("/v1/metrics", { resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics }] }] });
      // What was not taken is still to be sent.
      if (!taken || !delta) return;
      startedMs = nowMs;
      sent = totalsOf(metricsText);
    },
    dropped: () => dropped,
  };
}

/** The request's own span and one for each try, in order. */
function spansOf(event: RequestEvent, endedMs: number, random: () => number): readonly Span[] {
  const traceId = event.traceId ?? hexId(32, random);
  const spanId = event.spanId ?? hexId(16, random);
  const server: Span = {
    traceId,
    spanId,
    ...(event.parentSpanId === null ? {} : { parentSpanId: event.parentSpanId }),
    name: event.method,
    kind: SERVER,
    startTimeUnixNano: nanoseconds(event.startedMs),
    endTimeUnixNano: nanoseconds(endedMs),
    attributes: attributes({
      "http.request.method": event.method,
      "url.scheme": event.scheme,
      "http.response.status_code": event.status,
      "portolan.code": event.code,
      ...(event.host === null ? {} : { "server.address": event.host }),
      ...(event.decision === null ? {} : { "portolan.action": event.decision.action }),
      ...(event.decision?.action === "forward" ? { "portolan.panic": event.decision.panic } : {}),
    }),
    status: event.status >= 500 ? { code: STATUS_ERROR } : {},
  };
  let startMs = event.startedMs;
  const tries = event.tries.map((one): Span => {
    const span = trySpan(one, { traceId, parent: spanId, startMs, spanId: hexId(16, random), method: event.method });
    startMs += one.durationMs;
    return span;
  });
  return [server, ...tries];
}

function trySpan(
  { candidate, origin, outcome, durationMs }: Try,
  at: { traceId: string; parent: string; spanId: string; startMs: number; method: string },
): Span {
  const failed = outcome.type === "failed" || outcome.status >= 500;
  return {
    traceId: at.traceId,
    spanId: at.spanId,
    parentSpanId: at.parent,
    name: `${at.method} ${candidate.cluster}`,
    kind: CLIENT,
    startTimeUnixNano: nanoseconds(at.startMs),
    endTimeUnixNano: nanoseconds(at.startMs + durationMs),
    attributes: attributes({
      "http.request.method": at.method,
      "server.address": origin.connectHost,
      "server.port": origin.port,
      "portolan.cluster": candidate.cluster,
      "portolan.cost_ms": candidate.costUs / 1000,
      "portolan.basis": candidate.basis,
      ...(outcome.type === "answered"
        ? { "http.response.status_code": outcome.status }
        : { "error.type": outcome.failure, "portolan.unsent": outcome.unsent }),
    }),
    status: failed ? { code: STATUS_ERROR } : {},
  };
}
