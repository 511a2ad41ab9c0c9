/** A receiver of OTLP over HTTP with JSON that keeps what it gets. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

type Attributes = readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[];
interface Point {
  readonly asDouble: number;
  readonly attributes: Attributes;
}
interface Metric {
  readonly name: string;
  readonly sum?: { readonly aggregationTemporality: number; readonly dataPoints: readonly Point[] };
  readonly gauge?: { readonly dataPoints: readonly Point[] };
}

export interface OtlpReceiver {
  readonly url: string;
  readonly got: { readonly path: string | undefined; readonly key: string | undefined; readonly body: unknown }[];
  spans(): readonly Record<string, unknown>[];
  /** All that came for a counter with these attributes, added up. */
  sum(name: string, attributes: Readonly<Record<string, string>>): number;
  /** What a gauge said last. */
  last(name: string): number | undefined;
  temporalities(): ReadonlySet<number>;
  /** The status of its answers from now on. */
  answer(status: number): void;
  close(): void;
}

/** Answers 200, until it is told another status. */
export async function startOtlpReceiver(first = 200): Promise<OtlpReceiver> {
  let status = first;
  const got: OtlpReceiver["got"] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk) => (text += String(chunk)));
    request.on("end", () => {
      got.push({ path: request.url, key: request.headers["x-key"] as string, body: JSON.parse(text) });
      response.writeHead(status).end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const inner = <T>(path: string, outer: string, scope: string, kind: string): readonly T[] =>
    got
      .filter((one) => one.path === path)
      .flatMap(({ body }) => (body as Record<string, Record<string, Record<string, T[]>[]>[]>)[outer] ?? [])
      .flatMap((resource) => resource[scope] ?? [])
      .flatMap((one) => one[kind] ?? []);
  const metrics = () => inner<Metric>("/v1/metrics", "resourceMetrics", "scopeMetrics", "metrics");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    got,
    spans: () => inner("/v1/traces", "resourceSpans", "scopeSpans", "spans"),
    sum: (name, attributes) =>
      metrics()
        .filter((metric) => metric.name === name)
        .flatMap((metric) => metric.sum?.dataPoints ?? [])
        .filter((point) => Object.entries(attributes).every(([key, value]) => valueOf(point, key) === value))
        .reduce((sum, point) => sum + point.asDouble, 0),
    last: (name) => metrics().findLast((metric) => metric.name === name)?.gauge?.dataPoints[0]?.asDouble,
    temporalities: () => new Set(metrics().flatMap(({ sum }) => sum?.aggregationTemporality ?? [])),
    answer: (next) => void (status = next),
    close: () => void server.close(),
  };
}

function valueOf({ attributes }: Point, key: string): string | undefined {
  return attributes.find((one) => one.key === key)?.value.stringValue;
}
