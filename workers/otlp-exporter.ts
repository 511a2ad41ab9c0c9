/** The exporter that the OpenTelemetry variables of an environment or of bindings ask for. */
import { type OtlpExporter, type OtlpOptions, otlpExporter } from "../src/edge/otlp.ts";

/** The standard's names. */
export interface OtlpEnv {
  /** `http://collector:4318`; without it nothing is sent. */
  readonly OTEL_EXPORTER_OTLP_ENDPOINT?: string | undefined;
  /** `name=value,…`; a secret where it holds a token. */
  readonly OTEL_EXPORTER_OTLP_HEADERS?: string | undefined;
  readonly OTEL_SERVICE_NAME?: string | undefined;
  /** Time between two sendings in ms. */
  readonly OTEL_BSP_SCHEDULE_DELAY?: string | undefined;
}

const FLUSH_MS = 5000;
const MIN_FLUSH_MS = 10;
const POST_TIMEOUT_MS = 10_000;

/** How long telemetry may wait, in ms. */
export function flushIntervalMs({ OTEL_BSP_SCHEDULE_DELAY: given }: OtlpEnv): number {
  const interval = Number(given ?? FLUSH_MS);
  return interval >= MIN_FLUSH_MS ? interval : FLUSH_MS;
}

/** Null where no receiver is named. */
export function exporterOf(edge: string, temporality: OtlpOptions["temporality"], env: OtlpEnv): OtlpExporter | null {
  const endpoint = env.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint === undefined || endpoint === "") return null;
  const headers = { "content-type": "application/json", ...headersOf(env.OTEL_EXPORTER_OTLP_HEADERS ?? "") };
  return otlpExporter({
    resource: { "service.name": env.OTEL_SERVICE_NAME ?? "portolan-edge", "service.instance.id": edge },
    temporality,
    now: Date.now,
    random: Math.random,
    async post(path, json) {
      const url = `${endpoint.replace(/\/$/, "")}${path}`;
      const signal = AbortSignal.timeout(POST_TIMEOUT_MS);
      const response = await fetch(url, { method: "POST", headers, body: json, signal });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`Cannot send ${path}: the receiver answered ${response.status}`);
    },
  });
}

function headersOf(text: string): Record<string, string> {
  const pairs = text.split(",").flatMap((pair): [string, string][] => {
    const equals = pair.indexOf("=");
    return equals < 1 ? [] : [[pair.slice(0, equals).trim(), decodeURIComponent(pair.slice(equals + 1).trim())]];
  });
  return Object.fromEntries(pairs);
}
