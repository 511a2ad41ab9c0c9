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
  /** An origin was passed over because it was at a limit. */
  full(cluster: string, limit: string): void;
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
    full: () => undefined,
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
  const full = counter("portolan_origin_full_total", "Origins passed over at a limit of the circuit breaker");
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
    full,
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
  // Labels are put together once for each series, not once for each request.
  const answered = byThree((method, status, scheme) =>
    server.series({ http_request_method: method, http_response_status_code: status, url_scheme: scheme }),
  );
  const tried = byThree((method, status, cluster) =>
    client.series({ http_request_method: method, http_response_status_code: status, portolan_cluster: cluster }),
  );
  const broken = byThree((method, failure, cluster) =>
    client.series({ http_request_method: method, error_type: failure, portolan_cluster: cluster }),
  );
  const decided = byThree((action, code) => decisions.series({ action, code }));
  const ended = byThree((cluster) => requests.series({ portolan_cluster: cluster }));
  const tries = (event: RequestEvent, method: string): void => {
    for (const [index, { candidate, outcome, durationMs }] of event.tries.entries()) {
      const { cluster } = candidate;
      const series =
        outcome.type === "answered"
          ? tried(method, String(outcome.status), cluster)
          : broken(method, outcome.failure, cluster);
      series.observe(durationMs / 1000);
      if (index > 0) retries.add({ portolan_cluster: cluster });
      const next = event.tries[index + 1];
      if (next !== undefined && next.candidate.cluster !== cluster) failovers.add({ portolan_cluster: cluster });
    }
    const last = event.tries.at(-1);
    if (last === undefined) return;
    ended(last.candidate.cluster, "", "").add();
    const failed = last.outcome.type === "failed" ? last.outcome.failure !== "client-gone" : last.outcome.status >= 500;
    if (failed) errors.add({ portolan_cluster: last.candidate.cluster });
  };
  return {
    request(event, nowMs) {
      seen += 1;
      const method = METHODS.has(event.method) ? event.method : "_OTHER";
      answered(method, String(event.status), event.scheme).observe((nowMs - event.startedMs) / 1000);
      decided(event.decision?.action ?? "local", event.code, "").add();
      if (event.decision?.action === "forward") {
        panic = event.decision.panic ? 1 : 0;
        if (event.decision.panic) panics.add({});
      }
      tries(event, method);
    },
    full: (cluster, limit) => full.add({ portolan_cluster: cluster, limit }),
    ejection: (cluster) => ejections.add({ portolan_cluster: cluster }),
    snapshotRefused: () => refused.add({}),
    storeError: () => storeErrors.add({}),
    requests: () => seen,
    text: () => prometheusText(families),
  };
}

/** Remembers what was made for three words; all of them come from bounded sets. */
function byThree<T>(make: (a: string, b: string, c: string) => T): (a: string, b: string, c: string) => T {
  const known = new Map<string, Map<string, Map<string, T>>>();
  const find = (a: string, b: string, c: string): T => {
    const found = known.get(a)?.get(b)?.get(c);
    if (found !== undefined) return found;
    const made = make(a, b, c);
    const byB = known.get(a) ?? new Map<string, Map<string, T>>();
    const byC = byB.get(b) ?? new Map<string, T>();
    known.set(a, byB.set(b, byC.set(c, made)));
    return made;
  };
  // Most requests are like the one before.
  let last: { readonly a: string; readonly b: string; readonly c: string; readonly found: T } | null = null;
  return (a, b, c) => {
    if (last !== null && last.a === a && last.b === b && last.c === c) return last.found;
    const found = find(a, b, c);
    last = { a, b, c, found };
    return found;
  };
}
