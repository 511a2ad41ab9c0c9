/** Traces and metrics to an OpenTelemetry receiver, when the environment names one. */
import { type OtlpExporter, otlpExporter } from "../src/edge/otlp.ts";

export interface RunningOtlp {
  readonly exporter: OtlpExporter;
  /** Sends what is left and ends. */
  close(): Promise<void>;
}

const FLUSH_MS = 5000;
const POST_TIMEOUT_MS = 10_000;

/** Null without `OTEL_EXPORTER_OTLP_ENDPOINT`. `OTEL_EXPORTER_OTLP_HEADERS` is `name=value,…`, as the standard has it. */
export function startOtlp(
  edge: string,
  metricsText: () => string,
  env: NodeJS.ProcessEnv = process.env,
): RunningOtlp | null {
  const endpoint = env.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint === undefined || endpoint === "") return null;
  const headers = { "content-type": "application/json", ...headersOf(env.OTEL_EXPORTER_OTLP_HEADERS ?? "") };
  const exporter = otlpExporter({
    resource: { "service.name": env.OTEL_SERVICE_NAME ?? "portolan-edge", "service.instance.id": edge },
    now: Date.now,
    random: Math.random,
    async post(path, json) {
      const url = `${endpoint.replace(/\/$/, "")}${path}`;
      const response = await fetch(url, {
        method: "POST",
        headers,
        body: json,
        signal: AbortSignal.timeout(POST_TIMEOUT_MS),
      });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`Cannot send ${path}: the receiver answered ${response.status}`);
    },
  });
  const interval = Number(env.OTEL_BSP_SCHEDULE_DELAY ?? FLUSH_MS);
  const timer = setInterval(() => void exporter.flush(metricsText()), interval >= 10 ? interval : FLUSH_MS);
  timer.unref();
  return {
    exporter,
    async close() {
      clearInterval(timer);
      await exporter.flush(metricsText());
    },
  };
}

function headersOf(text: string): Record<string, string> {
  const pairs = text.split(",").flatMap((pair): [string, string][] => {
    const equals = pair.indexOf("=");
    return equals < 1 ? [] : [[pair.slice(0, equals).trim(), decodeURIComponent(pair.slice(equals + 1).trim())]];
  });
  return Object.fromEntries(pairs);
}
