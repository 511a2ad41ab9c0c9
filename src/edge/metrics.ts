/**
 * Metrics of one edge. Label sets are bounded by the configuration: clusters, methods known to HTTP, status codes.
 * No path, no host, no address is ever a label.
 */
import type { RequestEvent } from "./event.ts";
import { counter, type Family, gauge, histogram, prometheusText } from "./prometheus.ts";

export interface EdgeGauges {
  generation(): number | null;
  /** Seconds since the snapshot in use was published. */
  snapshotAgeSeconds(): number | null;
  liveRequests(): number;
  ejectedOrigins(): number;
}

export interface EdgeMetrics {
  /** Once per request, at its end. */
  request(event: RequestEvent, nowMs: number): void;
  ejection(cluster: string): void;
  snapshotRefused(): void;
  storeError(): void;
  /** Requests seen so far. */
  requests(): number;
  text(): string;
}

/** Counts requests and nothing else: an isolate's page is not the fleet, and nobody may ask it for one. */
export function requestCount(): EdgeMetrics {
  let seen = 0;
  return {
    request: () => void (seen += 1),
    ejection: () => undefined,
    snapshotRefused: () => undefined,
    storeError: () => undefined,
    requests: () => seen,
    text: () => "",
  };
}

const METHODS: ReadonlySet<string> = new Set([
  "CONNECT",
  "DELETE",
  "GET",
  "HEAD",
  "OPTIONS",
  "PATCH",
  "POST",
  "PUT",
  "TRACE",
]);

/** Empty metrics. */
export function edgeMetrics(gauges: EdgeGauges): EdgeMetrics {
  const server = histogram("http_server_request_duration_seconds", "Duration until the head of the answer to a client");
  const client = histogram("http_client_request_duration_seconds", "Duration of a try until the head of its answer");
  const requests = counter("portolan_requests_total", "Requests answered by a cluster, or that it failed last");
  const errors = counter("portolan_errors_total", "Requests that a cluster failed last: no answer, or status 5xx");
  const retries = counter("portolan_retries_total", "Tries beyond the first, by the cluster that was tried");
  const failovers = counter("portolan_failovers_total", "Requests that moved on from this cluster to another");
  const ejections = counter("portolan_ejections_total", "Origins taken out by outlier detection");
  const decisions = counter("portolan_decisions_total", "Decisions by action and code");
  const refused = counter("portolan_snapshot_refused_total", "Snapshots that could not be fully loaded");
  const storeErrors = counter("portolan_store_errors_total", "Reads of the store that failed");
  const panics = counter("portolan_panic_requests_total", "Requests decided while most backends looked down");
  let panic = 0;
  let seen = 0;
  const families: readonly Family[] = [
    server,
    client,
    requests,
    errors,
    retries,
    failovers,
    ejections,
    decisions,
    refused,
    storeErrors,
    panics,
    gauge("portolan_panic", "1 when the last decision was made in a panic", () => panic),
    gauge("portolan_snapshot_generation", "Generation of the snapshot in use", gauges.generation),
    gauge("portolan_snapshot_age_seconds", "Time since the snapshot in use was published", gauges.snapshotAgeSeconds),
    gauge("portolan_live_requests", "Requests that wait for the head of an answer", gauges.liveRequests),
    gauge("portolan_ejected_origins", "Origins that are out at the moment", gauges.ejectedOrigins),
  ];
  const tries = (event: RequestEvent): void => {
    for (const [index, one] of event.tries.entries()) {
      const { cluster } = one.candidate;
      const kind =
        one.outcome.type === "answered"
          ? { http_response_status_code: String(one.outcome.status) }
          : { error_type: one.outcome.failure };
      client.observe(
        { http_request_method: methodLabel(event.method), ...kind, portolan_cluster: cluster },
        one.durationMs / 1000,
      );
      if (index > 0) retries.add({ portolan_cluster: cluster });
      const next = event.tries[index + 1];
      if (next !== undefined && next.candidate.cluster !== cluster) failovers.add({ portolan_cluster: cluster });
    }
    const last = event.tries.at(-1);
    if (last === undefined) return;
    requests.add({ portolan_cluster: last.candidate.cluster });
    const failed = last.outcome.type === "failed" ? last.outcome.failure !== "client-gone" : last.outcome.status >= 500;
    if (failed) errors.add({ portolan_cluster: last.candidate.cluster });
  };
  return {
    request(event, nowMs) {
      seen += 1;
      server.observe(
        {
          http_request_method: methodLabel(event.method),
          http_response_status_code: String(event.status),
          url_scheme: event.scheme,
        },
        (nowMs - event.startedMs) / 1000,
      );
      decisions.add({ action: event.decision?.action ?? "local", code: event.code });
      if (event.decision?.action === "forward") {
        panic = event.decision.panic ? 1 : 0;
        if (event.decision.panic) panics.add({});
      }
      tries(event);
    },
    ejection: (cluster) => ejections.add({ portolan_cluster: cluster }),
    snapshotRefused: () => refused.add({}),
    storeError: () => storeErrors.add({}),
    requests: () => seen,
    text: () => prometheusText(families),
  };
}

function methodLabel(method: string): string {
  return METHODS.has(method) ? method : "_OTHER";
}
