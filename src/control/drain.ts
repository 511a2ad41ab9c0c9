/** DESIGN.md rule 4: a drain that leaves a host without a backend is refused unless it is forced. */
import { problemOf } from "../core/compile/problem.ts";
import { compareText } from "../core/match-route.ts";
import type { HostRoutes, Snapshot } from "../core/model.ts";
import type { ClusterObject, Problem } from "../core/objects.ts";
import type { ClusterTerms } from "../core/steering/policy.ts";
import type { OrderedDrain } from "./interventions.ts";

/** On a Cluster: drain it even when a host is then left without a backend. */
const FORCE_ANNOTATION = "portolan.dev/force-drain";

/** A person's drains: weight 0, whatever the objects say, for all hosts or for one. */
export function drainClusters(snapshot: Snapshot, drains: readonly OrderedDrain[]): Snapshot {
  if (drains.length === 0) return snapshot;
  const everywhere = new Map(drains.flatMap((one) => (one.host === null ? [[one.cluster, one]] : [])));
  const clusters = snapshot.clusters.map((one) => {
    const order = everywhere.get(one.name);
    return order === undefined ? one : { ...one, weight: 0, drainUntilMs: order.deadlineMs };
  });
  const hosts = snapshot.hosts.map((host) =>
    drains.filter((one) => one.host === host.host).reduce((drained, order) => drainHost(drained, order), host),
  );
  return { ...snapshot, clusters, hosts };
}

function drainHost(host: HostRoutes, { cluster, deadlineMs }: OrderedDrain): HostRoutes {
  const own = host.policy.clusters.find((terms) => terms.cluster === cluster);
  const terms: ClusterTerms = {
    cluster,
    weight: 0,
    bias: own?.bias ?? null,
    ramp: null,
    drainUntilMs: deadlineMs,
  };
  const others = host.policy.clusters.filter((one) => one !== own);
  const clusters = [...others, terms].sort((a, b) => compareText(a.cluster, b.cluster));
  return { ...host, policy: { ...host.policy, clusters } };
}

/** Whether a host may use a cluster: neither the cluster nor the host's own terms for it are drained. */
export function isOpen({ clusters }: Snapshot, { policy }: HostRoutes, name: string): boolean {
  const weight = clusters.find((one) => one.name === name)?.weight ?? 0;
  const own = policy.clusters.find((terms) => terms.cluster === name)?.weight ?? weight;
  return weight > 0 && own > 0;
}

/** Gives the weight back to clusters whose drain would empty a host, and says so on the Cluster. */
export function refuseEmptyingDrains(
  previous: Snapshot | null,
  next: Snapshot,
  objects: readonly ClusterObject[],
): { readonly snapshot: Snapshot; readonly problems: readonly Problem[] } {
  if (previous === null) return { snapshot: next, problems: [] };
  const before = new Map(previous.clusters.map((cluster) => [cluster.name, cluster.weight]));
  const forced = new Set(
    objects.filter((one) => one.meta.annotations[FORCE_ANNOTATION] === "true").map((one) => one.meta.name),
  );
  const drained = new Set(next.clusters.filter((one) => one.weight === 0).map((one) => one.name));
  const newly = [...drained].filter((name) => (before.get(name) ?? 0) > 0 && !forced.has(name));
  if (newly.length === 0) return { snapshot: next, problems: [] };
  const emptied = new Map<string, string>();
  for (const host of next.hosts) {
    for (const { backends } of host.services) {
      if (backends.length === 0 || !backends.every((backend) => drained.has(backend.cluster))) continue;
      for (const { cluster } of backends) if (newly.includes(cluster)) emptied.set(cluster, host.host);
    }
  }
  if (emptied.size === 0) return { snapshot: next, problems: [] };
  const clusters = next.clusters.map((cluster) =>
    emptied.has(cluster.name) ? { ...cluster, weight: before.get(cluster.name) ?? cluster.weight } : cluster,
  );
  const problems = objects.flatMap((object) => {
    const host = emptied.get(object.meta.name);
    if (host === undefined) return [];
    const message = `Cannot drain the cluster: ${host} would be left without a backend; add the annotation ${FORCE_ANNOTATION}: "true" to drain it all the same`;
    return [problemOf("error", "DrainRefused", null, object.meta, "spec.weight", message)];
  });
  return { snapshot: { ...next, clusters }, problems };
}
