/** Traces and metrics of a process to an OpenTelemetry receiver, when the environment names one. */
import type { OtlpExporter } from "../src/edge/otlp.ts";
import { exporterOf, flushIntervalMs, type OtlpEnv } from "./otlp-exporter.ts";

export interface RunningOtlp {
  readonly exporter: OtlpExporter;
  /** Sends what is left and ends. */
  close(): Promise<void>;
}

/** Null without `OTEL_EXPORTER_OTLP_ENDPOINT`. */
export function startOtlp(edge: string, metricsText: () => string, env: OtlpEnv = process.env): RunningOtlp | null {
  const exporter = exporterOf(edge, "cumulative", env);
  if (exporter === null) return null;
  const timer = setInterval(() => void exporter.flush(metricsText()), flushIntervalMs(env));
  timer.unref();
  return {
    exporter,
    async close() {
      clearInterval(timer);
      await exporter.flush(metricsText());
    },
  };
}
