/**
 * DESIGN.md rule 4: no live host is emptied by mistake.
 *
 * | a host that is served now and would be gone          | then                                              |
 * |------------------------------------------------------|---------------------------------------------------|
 * | every object that gave it its rules was seen deleted, is there without it, or its cluster was unjoined | it goes |
 * | the hash of this very removal was approved            | it goes                                           |
 * | otherwise                                             | it stays, is reported, and everything else is applied |
 *
 * A host that keeps its rules and loses its last backend is emptied too: there the Services that served it must have been
 * seen deleted, be there still (somebody edited them), or be named by no rule of the host any more.
 *
 * The rule's threshold of max(20 %, 5) is for records; a host that loses its last rule is always "emptied", so every
 * unexplained removal of a host is withheld.
 */
import { compareText } from "../core/match-route.ts";
import type { Cluster, HostRoutes, ObjectSource, ServiceKey, Snapshot } from "../core/model.ts";
import { type ObjectMeta, type Observation, objectKey } from "../core/objects.ts";

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
  const pairs = pairHosts(previous.hosts, next.hosts);
  const members = new Set(next.clusters.map((cluster) => cluster.name));
  const missing = pairs.flatMap(({ before, after }) => (after === undefined ? [before] : []));
  const unexplained = missing.filter(
    (host) => !host.sources.every((source) => isExplained(source, members, config, clusters)),
  );
  const emptied = emptiedHosts(pairs, { members, config, clusters });
  if (unexplained.length + emptied.length === 0) return { snapshot: next, withheld: [], removal: "" };
  const removal = [...unexplained, ...emptied]
    .map((host) => host.host)
    .sort(compareText)
    .join("\n");
  if (isApproved(removal)) return { snapshot: next, withheld: [], removal: "" };
  const restored = {
    ...next,
    hosts: restore(next.hosts, unexplained, emptied),
    clusters: withClusters(next, previous, [...unexplained, ...emptied]),
  };
  const withheld = [
    ...unexplained.map(({ host }) => ({ host, reason: "its rules are gone, but nobody saw them being deleted" })),
    ...emptied.map(({ host }) => ({
      host,
      reason: "its backends are gone, but nobody saw their Services being deleted",
    })),
  ];
  return { snapshot: restored, withheld, removal };
}

interface World {
  readonly members: ReadonlySet<string>;
  readonly config: Observation;
  readonly clusters: readonly Observation[];
}

/** Hosts as they were that have rules still, but no backend any more, and not everything of that is explained. */
function emptiedHosts(pairs: readonly Pair[], world: World): readonly HostRoutes[] {
  return pairs.flatMap(({ before, after }) => (after !== undefined && isEmptied(before, after, world) ? [before] : []));
}

function isEmptied(before: HostRoutes, after: HostRoutes, world: World): boolean {
  if (hasBackends(after) || !hasBackends(before)) return false;
  const wanted = new Set(after.services.map(({ service }) => service));
  return before.services.some(
    ({ service, backends }) =>
      wanted.has(service) && !backends.every(({ cluster }) => isLossExplained(service, cluster, world)),
  );
}

interface Pair {
  readonly before: HostRoutes;
  readonly after: HostRoutes | undefined;
}

/** Hosts as they were and as they are now. Both lists are sorted, so that hardly any has to be looked for. */
function pairHosts(before: readonly HostRoutes[], after: readonly HostRoutes[]): readonly Pair[] {
  let index: ReadonlyMap<string, HostRoutes> | null = null;
  let at = 0;
  return before.map((host) => {
    if (after[at]?.host !== host.host && after[at + 1]?.host === host.host) at += 1;
    if (after[at]?.host === host.host) {
      at += 1;
      return { before: host, after: after[at - 1] };
    }
    index ??= new Map(after.map((one) => [one.host, one]));
    return { before: host, after: index.get(host.host) };
  });
}

function hasBackends(host: HostRoutes): boolean {
  return host.services.some(({ backends }) => backends.length > 0);
}

function isLossExplained(key: ServiceKey, cluster: string, { members, config, clusters }: World): boolean {
  if (!members.has(cluster)) return config.deleted.has(objectKey("Cluster", "", cluster));
  const observation = clusters.find((one) => one.cluster === cluster);
  if (observation === undefined) return false;
  const [namespace = "", name = ""] = key.split("/");
  if (isSeenDeleted(observation, "Service", namespace, name)) return true;
  const isIt = ({ meta }: { readonly meta: ObjectMeta }) => meta.namespace === namespace && meta.name === name;
  // The stand-in service of an adopted Ingress has the Ingress' own name.
  return observation.objects.services.some(isIt) || observation.objects.ingresses.some(isIt);
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
  if (isSeenDeleted(observation, source.kind, source.namespace, source.name)) return true;
  // Still there, but without this host: somebody edited it, or it is no longer ours.
  return observation.objects.ingresses.some(
    ({ meta }) => meta.namespace === source.namespace && meta.name === source.name,
  );
}

/** The object, or the namespace that held it. */
function isSeenDeleted({ deleted }: Observation, kind: string, namespace: string, name: string): boolean {
  return deleted.has(objectKey(kind, namespace, name)) || deleted.has(objectKey("Namespace", "", namespace));
}

/** Hosts that went come back whole; emptied ones keep today's rules and get their old backends. */
function restore(
  hosts: readonly HostRoutes[],
  missing: readonly HostRoutes[],
  emptied: readonly HostRoutes[],
): readonly HostRoutes[] {
  const old = new Map(emptied.map((host) => [host.host, new Map(host.services.map((one) => [one.service, one]))]));
  const refilled = hosts.map((host) => {
    const services = old.get(host.host);
    if (services === undefined) return host;
    return { ...host, services: host.services.map((one) => services.get(one.service) ?? one) };
  });
  return [...refilled, ...missing].sort((a, b) => compareText(a.host, b.host));
}

/** A restored host needs the clusters it names. */
function withClusters(next: Snapshot, previous: Snapshot, missing: readonly HostRoutes[]): readonly Cluster[] {
  const names = new Set(missing.flatMap((host) => host.services.flatMap((one) => one.backends.map((b) => b.cluster))));
  const present = new Set(next.clusters.map((cluster) => cluster.name));
  const lost = previous.clusters.filter((cluster) => names.has(cluster.name) && !present.has(cluster.name));
  return [...next.clusters, ...lost].sort((a, b) => compareText(a.name, b.name));
}
