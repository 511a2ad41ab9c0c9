/** What the control function tells Prometheus. */
import type { ReconcileResult } from "./reconcile.ts";

export interface ControlMetrics {
  reconciled(result: ReconcileResult, at: { readonly nowMs: number; readonly durationMs: number }): void;
  /** A reconcile that could not be carried out. */
  failed(): void;
  /** Prometheus text, version 0.0.4. */
  text(): string;
}

/** Counters from zero. */
export function controlMetrics(): ControlMetrics {
  const outcomes = new Map<string, number>();
  let failures = 0;
  let seconds = 0;
  let succeededAtMs = 0;
  let last: ReconcileResult | null = null;
  return {
    reconciled(result, { nowMs, durationMs }) {
      outcomes.set(result.outcome, (outcomes.get(result.outcome) ?? 0) + 1);
      seconds += durationMs / 1000;
      last = result;
      if (result.outcome === "published" || result.outcome === "unchanged") succeededAtMs = nowMs;
    },
    failed: () => void (failures += 1),
    text() {
      const problems = (severity: string) => last?.problems.filter((one) => one.severity === severity).length ?? 0;
      const manifest = last?.published?.manifest;
      return [
        ...metric("reconciles_total", "counter", "Reconciles by outcome", labelled("outcome", outcomes)),
        ...metric("reconcile_failures_total", "counter", "Reconciles that could not reach the store", [["", failures]]),
        ...metric("reconcile_seconds_total", "counter", "Time spent in reconciles", [["", seconds]]),
        ...metric("last_success_timestamp_seconds", "gauge", "When a reconcile last held what it wanted", [
          ["", succeededAtMs / 1000],
        ]),
        ...metric("generation", "gauge", "Generation of the snapshot that is published", [
          ["", manifest?.generation ?? 0],
        ]),
        ...metric("hosts", "gauge", "Hosts of that snapshot", [["", last?.published?.snapshot.hosts.length ?? 0]]),
        ...metric("withheld", "gauge", "Hosts whose removal waits for an approval", [["", last?.withheld.length ?? 0]]),
        ...metric("problems", "gauge", "Problems of the objects", [
          ['{severity="error"}', problems("error")],
          ['{severity="warning"}', problems("warning")],
        ]),
        ...metric(
          "cluster_api_reachable",
          "gauge",
          "Whether the API of a cluster answers",
          (last?.overlay?.clusters ?? []).map(({ cluster, api }) => [
            `{cluster="${cluster}"}`,
            api === "reachable" ? 1 : 0,
          ]),
        ),
        "",
      ].join("\n");
    },
  };
}

type Sample = readonly [labels: string, value: number];

/** One family of control, without a last line end. */
export function metric(
  name: string,
  type: "counter" | "gauge",
  help: string,
  samples: readonly Sample[],
): readonly string[] {
  const whole = `portolan_control_${name}`;
  return [
    `# HELP ${whole} ${help}`,
    `# TYPE ${whole} ${type}`,
    ...samples.map(([labels, value]) => `${whole}${labels} ${value}`),
  ];
}

/** A sample for each value of one label. */
export function labelled(name: string, values: ReadonlyMap<string, number>): readonly Sample[] {
  return [...values].map(([label, value]) => [`{${name}="${label}"}`, value]);
}
