/**
 * Telemetry of an isolate, loaded only where a receiver is named. One isolate's page is not the fleet, and nobody can
 * ask it for one: what it counted is pushed as differences, which a receiver adds up over all isolates of a place.
 */
import type { RequestEvent } from "../src/edge/event.ts";
import { gaugesOf } from "../src/edge/gauges.ts";
import { type EdgeMetrics, edgeMetrics } from "../src/edge/metrics.ts";
import type { EdgeState } from "../src/edge/state.ts";
import { exporterOf, flushIntervalMs, type OtlpEnv } from "./otlp-exporter.ts";

export interface IsolateTelemetry {
  readonly metrics: (state: EdgeState) => EdgeMetrics;
  readonly onRequest: (event: RequestEvent, endedMs: number) => void;
  /** Settles when what was seen so far is sent; null while a sending is on its way that will take it along. */
  sendSoon(): Promise<void> | null;
}

/** Null where no receiver is named. */
export function isolateTelemetry(edge: string, env: OtlpEnv): IsolateTelemetry | null {
  const exporter = exporterOf(edge, "delta", env);
  if (exporter === null) return null;
  const waitMs = flushIntervalMs(env);
  let text = (): string => "";
  let waiting = false;
  return {
    metrics(state) {
      const metrics = edgeMetrics(gaugesOf(state, Date.now));
      text = metrics.text;
      return metrics;
    },
    onRequest: exporter.request,
    sendSoon() {
      if (waiting) return null;
      waiting = true;
      return new Promise<void>((resolve) => setTimeout(resolve, waitMs)).then(async () => {
        waiting = false;
        await exporter.flush(text());
      });
    },
  };
}
