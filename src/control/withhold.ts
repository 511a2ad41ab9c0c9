/**
 * DESIGN.md rule 4: no live host is emptied by mistake.
 *
 * | a host that is served now and would be gone          | then                                              |
 * |------------------------------------------------------|---------------------------------------------------|
 * | every object that gave it its rules was seen deleted, is there without it, or its cluster was unjoined | it goes |
 * | the hash of this very removal was approved            | it goes                                           |
 * | otherwise                                             | it stays, is reported, and everything else is applied |
 *
 * The rule's threshold of max(20 %, 5) is for records; a host that loses its last rule is always "emptied", so every
 * unexplained removal of a host is withheld.
 */
import { compareText } from "../core/match-route.ts";
import type { Cluster, HostRoutes, ObjectSource, Snapshot } from "../core/model.ts";
import { type Observation, objectKey } from "../core/objects.ts";

export interface Withheld {
  readonly host: string;
  readonly reason: string;
}

export interface WithholdResult {
  readonly snapshot: Snapshot;
  readonly withheld: readonly Withheld[];
  /** What an approval has to name: the sorted hosts, one a line; empty when nothing is withheld. */
  readonly removal: string;
}

/** Puts back what must not go. `approved` holds texts like `removal` that a person has agreed to. */
export function withholdRemovals(
  previous: Snapshot | null,
  next: Snapshot,
  config: Observation,
  clusters: readonly Observation[],
  isApproved: (removal: string) => boolean,
): WithholdResult {
  if (previous === null) return { snapshot: next, withheld: [], removal: "" };
  const kept = new Set(next.hosts.map((host) => host.host));
  const members = new Set(next.clusters.map((cluster) => cluster.name));
  const missing = previous.hosts.filter((host) => !kept.has(host.host));
  const unexplained = missing.filter(
    (host) => !host.sources.every((source) => isExplained(source, members, config, clusters)),
  );
  if (unexplained.length === 0) return { snapshot: next, withheld: [], removal: "" };
  const removal = unexplained
    .map((host) => host.host)
    .sort(compareText)
    .join("\n");
  if (isApproved(removal)) return { snapshot: next, withheld: [], removal: "" };
  const restored = {
    ...next,
    hosts: restore(next.hosts, unexplained),
    clusters: withClusters(next, previous, unexplained),
  };
  const reason = "its rules are gone, but nobody saw them being deleted";
  return { snapshot: restored, withheld: unexplained.map((host) => ({ host: host.host, reason })), removal };
}

function isExplained(
  source: ObjectSource,
  members: ReadonlySet<string>,
  config: Observation,
  clusters: readonly Observation[],
): boolean {
  if (source.cluster !== null && !members.has(source.cluster)) {
    return config.deleted.has(objectKey("Cluster", "", source.cluster));
  }
  const observation = source.cluster === null ? config : clusters.find((one) => one.cluster === source.cluster);
  if (observation === undefined) return false;
  if (observation.deleted.has(objectKey(source.kind, source.namespace, source.name))) return true;
  // Still there, but without this host: somebody edited it, or it is no longer ours.
  return observation.objects.ingresses.some(
    ({ meta }) => meta.namespace === source.namespace && meta.name === source.name,
  );
}

function restore(hosts: readonly HostRoutes[], missing: readonly HostRoutes[]): readonly HostRoutes[] {
  return [...hosts, ...missing].sort((a, b) => compareText(a.host, b.host));
}

/** A restored host needs the clusters it names. */
function withClusters(next: Snapshot, previous: Snapshot, missing: readonly HostRoutes[]): readonly Cluster[] {
  const names = new Set(missing.flatMap((host) => host.services.flatMap((one) => one.backends.map((b) => b.cluster))));
  const present = new Set(next.clusters.map((cluster) => cluster.name));
  const lost = previous.clusters.filter((cluster) => names.has(cluster.name) && !present.has(cluster.name));
  return [...next.clusters, ...lost].sort((a, b) => compareText(a.name, b.name));
}
