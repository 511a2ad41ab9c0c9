import type { BackendCounts, ClusterHealth, EdgeReport, HealthEvent, HealthOverlay } from "../core/health/model.ts";
import { parseReport } from "../core/snapshot/report.ts";
import type { Store } from "../store/store.ts";
import { textStore } from "../store/text.ts";
import type { Merged } from "../core/health/merge-reports.ts";
import type { Observation } from "../core/objects.ts";

/** How long edges believe a ready count; after that it is unknown, and unknown counts as available. */
const VALID_FOR_MS = 60_000;

/** The overlay of this moment. A cluster whose API is unreachable keeps its last ready counts (rule 3). */
export function makeOverlay(
  clusters: readonly Observation[],
  backends: BackendCounts,
  apiHealth: ReadonlyMap<string, ClusterHealth>,
  merged: Merged["overlay"],
  nowMs: number,
): HealthOverlay {
  return {
    observedAtMs: nowMs,
    validForMs: VALID_FOR_MS,
    clusters: clusters.flatMap((one) => (one.cluster === null ? [] : (apiHealth.get(one.cluster) ?? []))),
    backends,
    ...merged,
  };
}

/** API health by cluster; `sinceMs` moves only when the state does. */
export function judgeApis(
  clusters: readonly Observation[],
  before: ReadonlyMap<string, ClusterHealth>,
  nowMs: number,
): ReadonlyMap<string, ClusterHealth> {
  const health = new Map<string, ClusterHealth>();
  for (const { cluster, reachable, error } of clusters) {
    if (cluster === null) continue;
    const api = reachable ? "reachable" : "unreachable";
    const known = before.get(cluster);
    const sinceMs = known?.api === api ? known.sinceMs : nowMs;
    health.set(cluster, { cluster, api, sinceMs, cause: reachable ? null : error });
  }
  return health;
}

/** What changed between two judgements of the clusters' APIs. */
export function apiEvents(
  before: ReadonlyMap<string, ClusterHealth>,
  after: ReadonlyMap<string, ClusterHealth>,
  nowMs: number,
): readonly HealthEvent[] {
  return [...after.values()].flatMap(({ cluster, api, cause }): HealthEvent[] => {
    const known = before.get(cluster);
    if (known === undefined || known.api === api) return [];
    const what = api === "reachable" ? "api-reachable" : "api-unreachable";
    return [
      {
        atMs: nowMs,
        by: "control",
        what,
        subject: cluster,
        cause: cause ?? "it answers",
        sinceMs: known.sinceMs,
        move: null,
      },
    ];
  });
}

/** All edges' last reports; one that cannot be read is nobody's. */
export async function readReports(store: Store): Promise<readonly EdgeReport[]> {
  const text = textStore(store);
  const reports: EdgeReport[] = [];
  for (const key of await store.list("reports/")) {
    const parsed = parseReport((await text.get(key)) ?? "");
    if (parsed.ok) reports.push(parsed.report);
  }
  return reports;
}
