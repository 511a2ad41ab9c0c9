/** Our own metrics page as OTLP metrics: what is scraped and what is pushed can then never differ. */
import { attributes, nanoseconds } from "./otlp-values.ts";

const DELTA = 1;
const CUMULATIVE = 2;

interface Sample {
  readonly name: string;
  readonly labels: Record<string, string>;
  readonly value: number;
}

interface Family {
  readonly name: string;
  readonly description: string;
  type: string;
  readonly samples: Sample[];
}

/** What was sent of each sample so far, by name and labels. */
export type Sent = ReadonlyMap<string, number>;

/**
 * From Prometheus text as `prometheus.ts` writes it: totals since `startedMs`, or with `sent` only what came to them
 * since then, which a receiver adds up over any number of senders.
 */
export function metricsOf(
  page: string,
  at: { readonly startedMs: number; readonly nowMs: number },
  sent: Sent | null = null,
): readonly object[] {
  const times = { startTimeUnixNano: nanoseconds(at.startedMs), timeUnixNano: nanoseconds(at.nowMs) };
  return familiesOf(page)
    .map((family) => (sent === null || family.type === "gauge" ? family : since(family, sent)))
    .filter(({ samples }) => samples.length > 0)
    .map((family) => metricOf(family, { ...times, temporality: sent === null ? CUMULATIVE : DELTA }));
}

/** What a page says, to be taken off the next one. */
export function totalsOf(page: string): Sent {
  return new Map(familiesOf(page).flatMap(({ samples }) => samples.map((one) => [keyOf(one), one.value] as const)));
}

function familiesOf(page: string): readonly Family[] {
  const families: Family[] = [];
  for (const line of page.split("\n")) {
    const family = families.at(-1);
    if (line.startsWith("# HELP ")) {
      const [name = "", ...words] = line.slice(7).split(" ");
      families.push({ name, description: words.join(" "), type: "", samples: [] });
    } else if (family === undefined || line === "") continue;
    else if (line.startsWith("# TYPE ")) family.type = line.split(" ")[3] ?? "";
    else family.samples.push(sampleOf(line));
  }
  return families;
}

/** Without the series to which nothing came. */
function since(family: Family, sent: Sent): Family {
  const less = family.samples.map((one) => ({ ...one, value: one.value - (sent.get(keyOf(one)) ?? 0) }));
  const groups = [...groupBy(less)].map(([, group]) => group);
  return { ...family, samples: groups.filter((group) => group.some((one) => one.value !== 0)).flat() };
}

function keyOf({ name, labels }: Sample): string {
  return `${name} ${JSON.stringify(labels)}`;
}

interface Times {
  readonly startTimeUnixNano: string;
  readonly timeUnixNano: string;
}

function metricOf(
  { name, description, type, samples }: Family,
  { temporality: aggregationTemporality, ...times }: Times & { readonly temporality: number },
): object {
  if (type === "histogram") {
    const dataPoints = [...groupBy(samples)].map(([, group]) => ({ ...times, ...histogramPoint(name, group) }));
    return { name, description, unit: "s", histogram: { aggregationTemporality, dataPoints } };
  }
  const dataPoints = samples.map(({ labels, value }) => ({
    ...times,
    asDouble: value,
    attributes: attributes(labels),
  }));
  if (type !== "counter") return { name, description, gauge: { dataPoints } };
  return { name, description, sum: { aggregationTemporality, isMonotonic: true, dataPoints } };
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
