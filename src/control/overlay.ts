import type { BackendHealth, ClusterHealth, HealthOverlay } from "../core/model.ts";
import { packCounts } from "../core/snapshot/backend-counts.ts";
import type { Observation } from "../core/objects.ts";

/** How long edges believe a ready count; after that it is unknown, and unknown counts as available. */
const VALID_FOR_MS = 60_000;

/** The overlay of this moment. A cluster whose API is unreachable keeps its last ready counts (rule 3). */
export function makeOverlay(
  clusters: readonly Observation[],
  backends: readonly BackendHealth[],
  apiHealth: ReadonlyMap<string, ClusterHealth>,
  nowMs: number,
): HealthOverlay {
  return {
    observedAtMs: nowMs,
    validForMs: VALID_FOR_MS,
    clusters: clusters.flatMap((one) => (one.cluster === null ? [] : (apiHealth.get(one.cluster) ?? []))),
    backends: packCounts(backends),
    origins: [],
    verdicts: [],
    roundTrips: [],
    events: [],
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
