/** The snapshot indexed in memory: one lookup per host, one per path element, whatever the number of other rules. */
import type { Policies } from "./choosing.ts";
import { type UnitVector, unitVector } from "./geo/distance.ts";
import { type Memo, newMemo } from "./memo.ts";
import type { Backend, Cluster, HostRoutes, Route, ServiceKey, Snapshot } from "./model.ts";
import type { Prepared, PreparedBackend } from "./prepared.ts";
import type { PolicyIndex } from "./steering/policy-index.ts";
import { isPlain, policyIndexer } from "./steering/policy-indexer.ts";

/** Routes of one host by path. Buckets are in order of precedence. */
export interface PathIndex {
  /** Whether `exact` has anything: most hosts have prefixes alone. */
  readonly hasExact: boolean;
  readonly exact: ReadonlyMap<string, readonly Route[]>;
  /** Keyed by the prefix without trailing slashes; the root is the empty key. */
  readonly prefix: ReadonlyMap<string, readonly Route[]>;
  /** Default backends: tried when nothing else matches. */
  readonly fallback: readonly Route[];
}

export interface HostTable {
  readonly entry: HostRoutes;
  readonly paths: PathIndex;
  /** For a wildcard, the routes that also match more than one label in its place (Gateway API); null when none. */
  readonly deep: PathIndex | null;
  readonly services: ReadonlyMap<ServiceKey, readonly Backend[]>;
  readonly policy: PolicyIndex;
  /** What the policy is carried out by when plain nearest is not enough; null when it is. */
  readonly beyond: Policies | null;
  /** Backends of each route in order, made ready at the first request for the route. */
  readonly prepared: Map<Route, readonly PreparedBackend[]>;
}

/** Built once per snapshot, never serialised, never changed but for its memo. */
export interface RoutingTable {
  readonly snapshot: Snapshot;
  readonly clusters: ReadonlyMap<string, Cluster>;
  /** Places of the clusters that have one: trigonometry once per snapshot, not once per request. */
  readonly places: ReadonlyMap<string, UnitVector>;
  readonly exactHosts: ReadonlyMap<string, HostTable>;
  /** Keyed by what follows `*.`. */
  readonly wildcardHosts: ReadonlyMap<string, HostTable>;
  /** Rules without a host. */
  readonly anyHost: HostTable | null;
  readonly memo: Memo;
  /** What backends of routes share once they are prepared, by content. */
  readonly shared: Map<string, Prepared>;
}

/** Whether a host of the snapshot asks for more than plain nearest. */
export function needsPolicies({ hosts, clusters }: Snapshot): boolean {
  return hosts.some((host) => !isPlain(host.policy, clusters));
}

/** Indexes a snapshot; linear in its size. `policies` may be null only where `needsPolicies` says no. */
export function buildRoutingTable(snapshot: Snapshot, policies: Policies | null): RoutingTable {
  const exactHosts = new Map<string, HostTable>();
  const wildcardHosts = new Map<string, HostTable>();
  let anyHost: HostTable | null = null;
  const clusters = new Map(snapshot.clusters.map((cluster) => [cluster.name, cluster]));
  const places = new Map<string, UnitVector>();
  for (const { name, location } of snapshot.clusters) if (location !== null) places.set(name, unitVector(location));
  const indexPolicy = policyIndexer(snapshot.clusters, places);
  for (const entry of snapshot.hosts) {
    const plain = isPlain(entry.policy, snapshot.clusters);
    // Serving such a host by plain nearest would break residency, of all things.
    if (!plain && policies === null) throw new RangeError(`Cannot index ${entry.host}: its policy was not loaded`);
    const beyond = plain ? null : policies;
    const table = hostTable(entry, indexPolicy(entry.policy, beyond), beyond);
    if (entry.host === "*") anyHost = table;
    else if (entry.host.startsWith("*.")) wildcardHosts.set(entry.host.slice(2), table);
    else exactHosts.set(entry.host, table);
  }
  return { snapshot, clusters, places, exactHosts, wildcardHosts, anyHost, memo: newMemo(), shared: new Map() };
}

function hostTable(entry: HostRoutes, policy: PolicyIndex, beyond: Policies | null): HostTable {
  const deepRoutes = entry.routes.filter((route) => route.kind === "httproute");
  return {
    entry,
    paths: pathIndex(entry.routes),
    deep: entry.host.startsWith("*.") && deepRoutes.length > 0 ? pathIndex(deepRoutes) : null,
    services: new Map(entry.services.map((service) => [service.service, service.backends])),
    policy,
    beyond,
    prepared: new Map(),
  };
}

function pathIndex(routes: readonly Route[]): PathIndex {
  const exact = new Map<string, Route[]>();
  const prefix = new Map<string, Route[]>();
  const fallback: Route[] = [];
  for (const route of routes) {
    if (route.pathType === null) fallback.push(route);
    else if (route.path.type === "Exact") append(exact, route.path.value, route);
    else append(prefix, prefixKey(route.path.value), route);
  }
  return { hasExact: exact.size > 0, exact, prefix, fallback };
}

function append(index: Map<string, Route[]>, key: string, route: Route): void {
  const bucket = index.get(key);
  if (bucket === undefined) index.set(key, [route]);
  else bucket.push(route);
}

/** Kubernetes ignores empty trailing elements of a prefix: `/aaa/bbb/` is `/aaa/bbb`. */
export function prefixKey(path: string): string {
  let end = path.length;
  while (end > 0 && path.charCodeAt(end - 1) === 47) end -= 1;
  return path.slice(0, end);
}
