/** Our own metrics page as OTLP metrics: what is scraped and what is pushed can then never differ. */
import { attributes, nanoseconds } from "./otlp-values.ts";

const CUMULATIVE = 2;

interface Sample {
  readonly name: string;
  readonly labels: Record<string, string>;
  readonly value: number;
}

/** From Prometheus text as `prometheus.ts` writes it. */
export function metricsOf(page: string, at: { readonly startedMs: number; readonly nowMs: number }): readonly object[] {
  const times = { startTimeUnixNano: nanoseconds(at.startedMs), timeUnixNano: nanoseconds(at.nowMs) };
  const metrics: object[] = [];
  let family: { name: string; description: string; type: string; samples: Sample[] } | null = null;
  const close = () => {
    if (family !== null && family.samples.length > 0) metrics.push(metricOf(family, times));
  };
  for (const line of page.split("\n")) {
    if (line.startsWith("# HELP ")) {
      close();
      const [name = "", ...words] = line.slice(7).split(" ");
      family = { name, description: words.join(" "), type: "", samples: [] };
    } else if (line.startsWith("# TYPE ")) {
      if (family !== null) family.type = line.split(" ")[3] ?? "";
    } else if (line !== "" && family !== null) family.samples.push(sampleOf(line));
  }
  close();
  return metrics;
}

function metricOf(
  { name, description, type, samples }: { name: string; description: string; type: string; samples: readonly Sample[] },
  times: { readonly startTimeUnixNano: string; readonly timeUnixNano: string },
): object {
  if (type === "histogram") {
    const dataPoints = [...groupBy(samples)].map(([, group]) => ({ ...times, ...histogramPoint(name, group) }));
    return { name, description, unit: "s", histogram: { aggregationTemporality: CUMULATIVE, dataPoints } };
  }
  const dataPoints = samples.map(({ labels, value }) => ({
    ...times,
    asDouble: value,
    attributes: attributes(labels),
  }));
  if (type !== "counter") return { name, description, gauge: { dataPoints } };
  return { name, description, sum: { aggregationTemporality: CUMULATIVE, isMonotonic: true, dataPoints } };
}

/** Samples of one label set, `le` left out. */
function groupBy(samples: readonly Sample[]): ReadonlyMap<string, readonly Sample[]> {
  const groups = new Map<string, Sample[]>();
  for (const sample of samples) {
    const { le: _, ...labels } = sample.labels;
    const key = JSON.stringify(labels);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [sample]);
    else group.push(sample);
  }
  return groups;
}

function histogramPoint(name: string, group: readonly Sample[]): object {
  const buckets = group.filter((sample) => sample.name === `${name}_bucket`);
  const bounds = buckets.map((sample) => Number(sample.labels.le)).filter((bound) => Number.isFinite(bound));
  const counts = buckets.map((sample, index) => String(sample.value - (buckets[index - 1]?.value ?? 0)));
  const value = (suffix: string) => group.find((sample) => sample.name === `${name}${suffix}`)?.value ?? 0;
  const { le: _, ...labels } = group[0]?.labels ?? {};
  return {
    count: String(value("_count")),
    sum: value("_sum"),
    bucketCounts: counts,
    explicitBounds: bounds,
    attributes: attributes(labels),
  };
}

function sampleOf(line: string): Sample {
  const space = line.lastIndexOf(" ");
  const brace = line.indexOf("{");
  const name = line.slice(0, brace === -1 ? space : brace);
  const labels: Record<string, string> = {};
  const inner = brace === -1 ? "" : line.slice(brace + 1, line.lastIndexOf("}"));
  for (const [, key = "", value = ""] of inner.matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g)) {
    labels[key] = value.replaceAll(/\\(.)/g, (_, character: string) => (character === "n" ? "\n" : character));
  }
  return { name, labels, value: Number(line.slice(space + 1)) };
}
