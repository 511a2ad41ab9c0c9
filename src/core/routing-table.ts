/** The snapshot indexed in memory: one lookup per host, one per path element, whatever the number of other rules. */
import type { Policies } from "./choosing.ts";
import { type UnitVector, unitVector } from "./geo/distance.ts";
import { type Memo, newMemo } from "./memo.ts";
import type { Backend, Cluster, HostRoutes, Route, RouteAsks, ServiceKey, Snapshot } from "./model.ts";
import type { Prepared, PreparedBackend } from "./prepared.ts";
import { canonicalHost } from "./request/host.ts";
import type { PolicyIndex } from "./steering/policy-index.ts";
import { isPlain, policyIndexer } from "./steering/policy-indexer.ts";

/** A route where requests find it: close together in memory, since every request comes to another one. */
export interface TableRoute {
  readonly route: Route;
  /** Exact paths as they are; prefixes without trailing slashes, so that the root is the empty text. */
  readonly path: string;
  readonly timeoutMs: number;
  readonly asks: RouteAsks;
  /** Whether more than the path has to match. */
  readonly hasConditions: boolean;
  /** The next shorter prefix of the host, or the next route of the same one. */
  next: TableRoute | null;
  /** Its backends in order, made ready at the first request. */
  prepared: readonly PreparedBackend[] | null;
  /** The only one of them, where there is only one. */
  single: PreparedBackend | null;
}

/** Routes of one host by path. Buckets are in order of precedence. */
export interface PathIndex {
  readonly exact: ReadonlyMap<string, readonly TableRoute[]> | null;
  /** Prefixes from the longest on, while they are few enough to compare one after the other. */
  readonly longest: TableRoute | null;
  /** Prefixes by path otherwise. */
  readonly prefix: ReadonlyMap<string, readonly TableRoute[]> | null;
  /** Default backends: tried when nothing else matches. */
  readonly fallback: readonly TableRoute[];
}

export interface HostTable extends PathIndex {
  readonly entry: HostRoutes;
  /** For a wildcard, the routes that also match more than one label in its place (Gateway API); null when none. */
  readonly deep: PathIndex | null;
  readonly services: ReadonlyMap<ServiceKey, readonly Backend[]>;
  readonly policy: PolicyIndex;
  /** What the policy is carried out by when plain nearest is not enough; null when it is. */
  readonly beyond: Policies | null;
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
  const steps = routingTableSteps(snapshot, policies);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** The same with a pause behind each host, for a caller whose requests are not to wait for ten thousand of them. */
export function* routingTableSteps(
  snapshot: Snapshot,
  policies: Policies | null,
): Generator<void, RoutingTable, undefined> {
  const exactHosts = new Map<string, HostTable>();
  const wildcardHosts = new Map<string, HostTable>();
  let anyHost: HostTable | null = null;
  const clusters = new Map(snapshot.clusters.map((cluster) => [cluster.name, cluster]));
  const places = new Map<string, UnitVector>();
  for (const { name, location } of snapshot.clusters) if (location !== null) places.set(name, unitVector(location));
  const indexPolicy = policyIndexer(snapshot.clusters, places);
  const texts = new Map<string, string>();
  for (const entry of snapshot.hosts) {
    const plain = isPlain(entry.policy, snapshot.clusters);
    // Serving such a host by plain nearest would break residency, of all things.
    if (!plain && policies === null) throw new RangeError(`Cannot index ${entry.host}: its policy was not loaded`);
    const beyond = plain ? null : policies;
    const table = hostTable(entry, { policy: indexPolicy(entry.policy, beyond), beyond, texts });
    if (entry.host === "*") anyHost = table;
    else if (entry.host.startsWith("*.")) wildcardHosts.set(entry.host.slice(2), table);
    else if (isCanonical(entry.host)) exactHosts.set(entry.host, table);
    yield;
  }
  return { snapshot, clusters, places, exactHosts, wildcardHosts, anyHost, memo: newMemo(), shared: new Map() };
}

/** No request can be for a name that is spelled otherwise. */
function isCanonical(host: string): boolean {
  const canonical = canonicalHost(host);
  return canonical.ok && canonical.host === host;
}

interface HostParts extends Pick<HostTable, "policy" | "beyond"> {
  /** One text for all paths that are equal: hosts have mostly the same few, and those then stay near the processor. */
  readonly texts: Map<string, string>;
}

function hostTable(entry: HostRoutes, { policy, beyond, texts }: HostParts): HostTable {
  const deepRoutes = entry.routes.filter((route) => route.kind === "httproute");
  return {
    ...pathIndex(entry.routes, texts),
    entry,
    deep: entry.host.startsWith("*.") && deepRoutes.length > 0 ? pathIndex(deepRoutes, texts) : null,
    services: new Map(entry.services.map((service) => [service.service, service.backends])),
    policy,
    beyond,
  };
}

function tableRoute(route: Route, texts: Map<string, string>): TableRoute {
  const own = route.path.type === "Exact" ? route.path.value : prefixKey(route.path.value);
  const path = texts.get(own) ?? own;
  texts.set(path, path);
  const hasConditions = route.method !== null || route.headers.length > 0 || route.query.length > 0;
  const { timeoutMs, asks } = route;
  return { route, path, timeoutMs, asks, hasConditions, next: null, prepared: null, single: null };
}

/** Comparing up to this many prefixes takes less than hashing each element of a request's path. */
const FEW = 8;

function pathIndex(all: readonly Route[], texts: Map<string, string>): PathIndex {
  const routes = all.map((route) => tableRoute(route, texts));
  const fallback = routes.filter(({ route }) => route.pathType === null);
  const others = routes.filter(({ route }) => route.pathType !== null);
  const exact = others.filter(({ route }) => route.path.type === "Exact");
  const prefixes = others.filter(({ route }) => route.path.type !== "Exact");
  const isFew = prefixes.length <= FEW;
  return {
    exact: exact.length === 0 ? null : byPath(exact),
    longest: isFew ? chain(prefixes) : null,
    prefix: isFew ? null : byPath(prefixes),
    fallback,
  };
}

function chain(prefixes: readonly TableRoute[]): TableRoute | null {
  let next: TableRoute | null = null;
  // Stable: routes of one path stay in order of precedence.
  for (const one of prefixes.toSorted((a, b) => b.path.length - a.path.length).reverse()) {
    one.next = next;
    next = one;
  }
  return next;
}

function byPath(routes: readonly TableRoute[]): ReadonlyMap<string, readonly TableRoute[]> {
  return Map.groupBy(routes, ({ path }) => path);
}

/** Kubernetes ignores empty trailing elements of a prefix: `/aaa/bbb/` is `/aaa/bbb`. */
export function prefixKey(path: string): string {
  let end = path.length;
  while (end > 0 && path.charCodeAt(end - 1) === 47) end -= 1;
  return path.slice(0, end);
}
