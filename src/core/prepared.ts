/**
 * One backend of one route made ready for decisions: everything about it that no request and no health can change.
 * Made at the first request for it and kept beside the routing table, so that a request allocates nothing that grows
 * with the number of clusters. Routes to the same Service in the same clusters share it.
 */
import { backendKey, originKey } from "./health/view.ts";
import type { Exclusion, RouteRef } from "./decision.ts";
import type { Backend, Cluster, Origin, Route, ServiceKey, WeightedBackend } from "./model.ts";
import type { Out, Verdicts } from "./verdict.ts";
import { hash32 } from "./steering/hash.ts";
import type { PolicyIndex, Terms } from "./steering/policy-index.ts";

/** A cluster that may serve the route, as far as configuration is concerned. */
export interface Member {
  readonly cluster: Cluster;
  /** Index into the snapshot's clusters, which rankings and policies are keyed by. */
  readonly index: number;
  readonly terms: Terms;
  readonly origins: readonly Origin[];
  readonly originKeys: readonly string[];
  readonly backendKey: string;
}

/** A backend of one route: its name in that route, and what it shares with other routes. */
export interface PreparedBackend {
  readonly routeRef: RouteRef;
  /** Name of the route's pin cookie; empty where no policy pins. */
  readonly cookie: string;
  readonly weight: number;
  readonly shared: Prepared;
}

export interface Prepared {
  /** Unique in its table. */
  readonly number: number;
  readonly service: ServiceKey;
  /** Service, policy and members: what an edge holds its choice by. What a person changes holds nothing. */
  readonly holdKey: string;
  /** Sorted by cluster name. */
  readonly members: readonly Member[];
  /** Drained, but clients that are pinned there may stay for a while. */
  readonly draining: readonly Member[];
  /** Index into `members` by cluster index, -1 for none. */
  readonly memberOf: Int16Array;
  /** Whether a member has declared how much it can take. */
  readonly hasCapacity: boolean;
  /** Members by backend key and by the keys of their origins. */
  readonly byKey: ReadonlyMap<string, readonly number[]>;
  /** Reasons that hold whatever the health is, also in a panic. */
  readonly excluded: readonly Exclusion[];
  /** Verdicts of the last health view, with its serial: seen only as time. */
  memo: { readonly serial: number; readonly verdicts: Verdicts } | null;
  /** The same less what was ejected at the last request that found something ejected. */
  ejected: { readonly base: Verdicts; readonly out: readonly Out[]; readonly verdicts: Verdicts } | null;
}

export interface PrepareParts {
  readonly clusters: readonly Cluster[];
  readonly host: string;
  readonly route: Route;
  readonly wanted: WeightedBackend;
  readonly cookie: string;
  readonly backends: readonly Backend[];
  readonly policy: PolicyIndex;
  /** What routes share, by content. */
  readonly shared: Map<string, Prepared>;
}

/** Prepares one backend of a route; linear in the number of clusters. */
export function prepare(parts: PrepareParts): PreparedBackend {
  const { wanted, backends, policy } = parts;
  const key = `${policy.number} ${JSON.stringify([wanted.service, wanted.clusters, backends])}`;
  const shared = parts.shared.get(key) ?? prepareShared(parts);
  parts.shared.set(key, shared);
  return {
    routeRef: refer(parts),
    cookie: parts.cookie,
    weight: wanted.weight,
    shared,
  };
}

function prepareShared(parts: PrepareParts): Prepared {
  const { clusters, wanted, policy } = parts;
  const byName = new Map(parts.backends.map((backend) => [backend.cluster, backend]));
  const members: Member[] = [];
  const draining: Member[] = [];
  const excluded: Exclusion[] = [];
  const sorted = clusters.map((cluster, index) => ({ cluster, index }));
  sorted.sort((a, b) => (a.cluster.name < b.cluster.name ? -1 : 1));
  for (const { cluster, index } of sorted) {
    const backend = byName.get(cluster.name);
    const terms = policy.terms[index];
    if (terms === undefined) continue;
    const never = neverReason(cluster, backend, { wanted, terms });
    if (never !== null) excluded.push(never);
    if (backend === undefined || (never !== null && never.code !== "drained")) continue;
    if (terms.weight === 0 && terms.drainUntilMs === null) continue;
    (terms.weight === 0 ? draining : members).push(member(cluster, index, { backend, terms, wanted }));
  }
  const memberOf = new Int16Array(clusters.length).fill(-1);
  for (const [at, { index }] of members.entries()) memberOf[index] = at;
  return {
    number: parts.shared.size,
    service: wanted.service,
    holdKey: holdKeyOf(wanted.service, policy, members),
    members,
    draining,
    memberOf,
    hasCapacity: members.some(({ cluster }) => cluster.capacity !== null),
    byKey: keysOf(members),
    excluded,
    memo: null,
    ejected: null,
  };
}

function holdKeyOf(service: ServiceKey, { policy }: PolicyIndex, members: readonly Member[]): string {
  return `${service} ${hash32(JSON.stringify([policy, members.map(({ cluster }) => cluster.name)]))}`;
}

function member(
  cluster: Cluster,
  index: number,
  { backend, terms, wanted }: { backend: Backend; terms: Terms; wanted: WeightedBackend },
): Member {
  const origins = backend.origins ?? (cluster.gateway === null ? [] : [cluster.gateway]);
  return {
    cluster,
    index,
    terms,
    origins,
    originKeys: origins.map((origin) => originKey(cluster.name, origin)),
    backendKey: backendKey(cluster.name, wanted.service),
  };
}

function keysOf(members: readonly Member[]): ReadonlyMap<string, readonly number[]> {
  const keys = new Map<string, number[]>();
  for (const [at, { originKeys, backendKey: own }] of members.entries()) {
    for (const key of [own, ...originKeys]) {
      const known = keys.get(key);
      if (known === undefined) keys.set(key, [at]);
      else if (!known.includes(at)) known.push(at);
    }
  }
  return keys;
}

function neverReason(
  cluster: Cluster,
  backend: Backend | undefined,
  { wanted, terms }: { readonly wanted: WeightedBackend; readonly terms: Terms },
): Exclusion | null {
  const name = cluster.name;
  const { service } = wanted;
  if (backend === undefined) {
    return { cluster: name, code: "no-service", reason: `the cluster has no Service port ${service}` };
  }
  if (wanted.clusters !== null && !wanted.clusters.includes(name)) {
    return { cluster: name, code: "not-in-rule", reason: "the cluster does not hold this rule" };
  }
  const count = backend.origins === null ? Number(cluster.gateway !== null) : backend.origins.length;
  if (count === 0) {
    return { cluster: name, code: "no-origin", reason: `the Service ${service} has no address that edges may use` };
  }
  if (terms.weight > 0) return null;
  const until = terms.drainUntilMs === null ? "" : ", pinned clients may stay until the deadline";
  return { cluster: name, code: "drained", reason: `its weight is 0: it is drained${until}` };
}

function refer({ host, route, wanted }: PrepareParts): RouteRef {
  const [, service = "", port = ""] = wanted.service.split("/");
  return {
    kind: route.kind,
    namespace: route.namespace,
    name: route.name,
    host,
    path: route.pathType === null ? "" : route.path.value,
    pathType: route.pathType,
    service,
    port,
    method: route.method,
  };
}
