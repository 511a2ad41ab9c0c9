/** Which clusters may take a request for one service, and why not the others. Availability first, weight second. */
import { unitVector } from "./geo/distance.ts";
import { backendKey, type HealthView, originKey } from "./health/view.ts";
import type { Backend, Candidate, Circumstances, Cluster, Exclusion, Origin, WeightedBackend } from "./model.ts";
import type { HostTable, RoutingTable } from "./routing-table.ts";
import { clusterCost } from "./steering/cost.ts";

export interface Availability {
  readonly available: readonly Candidate[];
  /** Left out for their health alone: a panic may use them. Each has its exclusion in `excluded`. */
  readonly doubtful: readonly Candidate[];
  readonly excluded: readonly Exclusion[];
  /** Weight of the clusters that hold the service and are not drained, and the share of it that is available. */
  readonly weight: number;
  readonly availableWeight: number;
}

/** Judges every cluster of the table for one backend of a route. */
export function judgeCandidates(
  routing: RoutingTable,
  host: HostTable,
  wanted: WeightedBackend,
  health: HealthView,
  circumstances: Circumstances,
): Availability {
  const available: Candidate[] = [];
  const doubtful: Candidate[] = [];
  const excluded: Exclusion[] = [];
  const { vantage, nowMs } = circumstances;
  const context = { vantage, from: vantage.point === null ? null : unitVector(vantage.point), health, nowMs };
  let weight = 0;
  let availableWeight = 0;
  const backends = host.services.get(wanted.service) ?? [];
  for (const backend of backends) {
    const cluster = routing.clusters.get(backend.cluster);
    if (cluster === undefined) continue;
    const never = neverReason(cluster, backend, wanted);
    if (never !== null) {
      excluded.push(never);
      continue;
    }
    weight += cluster.weight;
    const origins = backend.origins ?? (cluster.gateway === null ? [] : [cluster.gateway]);
    const verdict = judge(cluster, wanted, origins, health, nowMs);
    const cost = clusterCost(cluster, routing.places.get(cluster.name), context);
    const candidate = { cluster: cluster.name, service: wanted.service, costUs: cost.us, basis: cost.basis };
    if (verdict.exclusion === null) {
      availableWeight += cluster.weight;
      available.push({ ...candidate, panic: null, origins: rotate(verdict.usable, circumstances.seed) });
    } else {
      excluded.push(verdict.exclusion);
      const panic = verdict.exclusion.reason;
      doubtful.push({ ...candidate, panic, origins: rotate(origins, circumstances.seed) });
    }
  }
  if (backends.length < routing.clusters.size) excluded.push(...clustersWithout(routing, backends, wanted.service));
  return { available, doubtful, excluded, weight, availableWeight };
}

/** Reasons that hold whatever the health is, also in a panic. */
function neverReason(cluster: Cluster, backend: Backend, wanted: WeightedBackend): Exclusion | null {
  const name = cluster.name;
  if (wanted.clusters !== null && !wanted.clusters.includes(name)) {
    return { cluster: name, code: "not-in-rule", reason: "the cluster does not hold this rule" };
  }
  if (cluster.weight === 0) return { cluster: name, code: "drained", reason: "its weight is 0: it is drained" };
  const count = backend.origins === null ? Number(cluster.gateway !== null) : backend.origins.length;
  if (count > 0) return null;
  return {
    cluster: name,
    code: "no-origin",
    reason: `the Service ${wanted.service} has no address that edges may use`,
  };
}

interface Verdict {
  readonly usable: readonly Origin[];
  readonly exclusion: Exclusion | null;
}

function judge(
  cluster: Cluster,
  wanted: WeightedBackend,
  origins: readonly Origin[],
  health: HealthView,
  nowMs: number,
): Verdict {
  const down = health.down.get(cluster.name);
  if (down !== undefined) return { usable: [], exclusion: { cluster: cluster.name, code: "down", reason: down } };
  const fresh = nowMs < health.expiresAtMs;
  const ready = fresh ? health.backends.get(backendKey(cluster.name, wanted.service)) : undefined;
  if (ready !== undefined && ready.ready === 0) {
    const reason = `not serving: 0 of ${ready.total} endpoints of ${wanted.service} are ready`;
    return { usable: [], exclusion: { cluster: cluster.name, code: "not-serving", reason } };
  }
  const causes: string[] = [];
  const usable = origins.filter((origin) => {
    const cause = originTrouble(originKey(cluster.name, origin), health, fresh, nowMs);
    if (cause !== null) causes.push(cause);
    return cause === null;
  });
  if (usable.length > 0) return { usable, exclusion: null };
  return { usable, exclusion: { cluster: cluster.name, code: "ejected", reason: causes[0] ?? "no origin" } };
}

function originTrouble(key: string, health: HealthView, fresh: boolean, nowMs: number): string | null {
  const ejection = health.ejections.get(key);
  if (ejection !== undefined && nowMs < ejection.untilMs) return `ejected: ${ejection.cause}`;
  const verdict = fresh ? health.origins.get(key) : undefined;
  return verdict?.verdict === "down" ? `origin down: ${verdict.cause}` : null;
}

function rotate(origins: readonly Origin[], seed: number): readonly Origin[] {
  if (origins.length < 2) return origins;
  const start = (seed >>> 0) % origins.length;
  return start === 0 ? origins : [...origins.slice(start), ...origins.slice(0, start)];
}

function clustersWithout(routing: RoutingTable, backends: readonly Backend[], service: string): Exclusion[] {
  const holders = new Set(backends.map((backend) => backend.cluster));
  const missing: Exclusion[] = [];
  for (const cluster of routing.snapshot.clusters) {
    if (holders.has(cluster.name)) continue;
    missing.push({ cluster: cluster.name, code: "no-service", reason: `the cluster has no Service port ${service}` });
  }
  return missing;
}
