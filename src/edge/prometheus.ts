/** Counters, gauges and histograms, and their text form (Prometheus exposition format 0.0.4). */

export type Labels = Readonly<Record<string, string>>;

export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  /** Lines without HELP and TYPE. */
  lines(): Iterable<string>;
}

export interface Counter extends Family {
  add(labels: Labels, amount?: number): void;
  /** The one series of these labels, for whoever adds to it often. */
  series(labels: Labels): { add(): void };
}

export interface Histogram extends Family {
  /** The one series of these labels. In seconds. */
  series(labels: Labels): { observe(seconds: number): void };
}

/** OpenTelemetry's advice for HTTP durations, in seconds. */
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] as const;

/** Only grows. */
export function counter(name: string, help: string): Counter {
  const values = new Map<string, { value: number }>();
  const seriesOf = (labels: Labels): { value: number } => {
    const key = labelText(labels);
    const known = values.get(key) ?? { value: 0 };
    values.set(key, known);
    return known;
  };
  return {
    name,
    help,
    type: "counter",
    add(labels, amount = 1) {
      seriesOf(labels).value += amount;
    },
    series(labels) {
      const one = seriesOf(labels);
      return { add: () => void (one.value += 1) };
    },
    *lines() {
      for (const [labels, { value }] of values) yield `${name}${braces(labels)} ${value}`;
    },
  };
}

/** Read when the text is made; null leaves it out. */
export function gauge(name: string, help: string, read: () => number | null): Family {
  return {
    name,
    help,
    type: "gauge",
    *lines() {
      const value = read();
      if (value !== null) yield `${name} ${value}`;
    },
  };
}

/** Durations in fixed buckets. */
export function histogram(name: string, help: string): Histogram {
  const series = new Map<string, { readonly buckets: number[]; sum: number; count: number }>();
  return {
    name,
    help,
    type: "histogram",
    series(labels) {
      const key = labelText(labels);
      const one = series.get(key) ?? { buckets: BOUNDS.map(() => 0), sum: 0, count: 0 };
      series.set(key, one);
      return {
        observe(seconds) {
          let slot = 0;
          while (slot < BOUNDS.length && seconds > (BOUNDS[slot] ?? 0)) slot += 1;
          if (slot < BOUNDS.length) one.buckets[slot] = (one.buckets[slot] ?? 0) + 1;
          one.sum += seconds;
          one.count += 1;
        },
      };
    },
    *lines() {
      for (const [labels, { buckets, sum, count }] of series) {
        const prefix = labels === "" ? "" : `${labels},`;
        let below = 0;
        for (const [index, bound] of BOUNDS.entries()) {
          below += buckets[index] ?? 0;
          yield `${name}_bucket{${prefix}le="${bound}"} ${below}`;
        }
        yield `${name}_bucket{${prefix}le="+Inf"} ${count}`;
        yield `${name}_sum${braces(labels)} ${sum}`;
        yield `${name}_count${braces(labels)} ${count}`;
      }
    },
  };
}

/** All families as text. */
export function prometheusText(families: readonly Family[]): string {
  let text = "";
  for (const family of families) {
    text += `# HELP ${family.name} ${family.help}\n# TYPE ${family.name} ${family.type}\n`;
    for (const line of family.lines()) text += `${line}\n`;
  }
  return text;
}

function labelText(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escape(value)}"`)
    .join(",");
}

function escape(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function braces(labels: string): string {
  return labels === "" ? "" : `{${labels}}`;
}
