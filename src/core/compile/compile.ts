/**
 * Observations → snapshot: pure, so that the control function, `portolan explain` and a test get the same one.
 * One bad object never stops the others: what cannot be used is a problem on that object.
 */
import { compareText } from "../match-route.ts";
import type { BackendHealth } from "../health/model.ts";
import type { HostRoutes, ServiceKey, Snapshot } from "../model.ts";
import type { Observation, Problem } from "../objects.ts";
import { adoptedServices } from "./adopted.ts";
import { compileClusters } from "./clusters.ts";
import type { Declaration } from "./declaration.ts";
import { forbiddenEndpoints } from "./endpoints.ts";
import { declareIngresses, ownershipOf } from "./ingress.ts";
import { mergeRoutes } from "./merge.ts";
import { assignHosts } from "./ownership.ts";
import { hostPolicy, locationOverrides, sortPolicies, unknownClusters } from "./policies.ts";
import { problemOf } from "./problem.ts";
import {
  type Collected,
  collectBackends,
  holdersOf,
  type Member,
  member,
  noService,
  withHealthCheck,
} from "./services.ts";

export interface CompileInput {
  /** The config source: Cluster, TrafficPolicy, HostClaim and federated Ingresses. */
  readonly config: Observation;
  /** Member clusters; one without a Cluster object in the config source is not a member and is left out. */
  readonly clusters: readonly Observation[];
  /** What is served now: hosts keep their owners. */
  readonly previous: Snapshot | null;
  readonly allowPrivateOrigins: boolean;
  readonly nowMs: number;
}

export interface CompileResult {
  readonly snapshot: Snapshot;
  /** Ready counts of every backend that a route uses; not part of the snapshot. */
  readonly backends: readonly BackendHealth[];
  readonly problems: readonly Problem[];
}

/** Compiles everything. Deterministic: the order of the input never matters. */
export function compile(input: CompileInput): CompileResult {
  const { config, allowPrivateOrigins } = input;
  const problems: Problem[] = [...config.problems];
  const clusters = compileClusters(config.objects.clusters, allowPrivateOrigins);
  problems.push(...clusters.problems);
  const observations = memberObservations(input, problems);
  const declared = [config, ...observations].map(declareIngresses);
  problems.push(...declared.flatMap((one) => one.problems));
  const declarations = declared.flatMap((one) => one.declarations);
  for (const { cluster, objects } of observations) {
    problems.push(...forbiddenEndpoints(cluster, objects.endpointSlices, allowPrivateOrigins));
  }
  const owned = assignHosts(declarations, config.objects.hostClaims, input.previous, input.nowMs);
  problems.push(...owned.problems);
  const collect = backendCollector(membersOf(input, observations), allowPrivateOrigins);
  const clusterNames = new Set(observations.map(({ cluster }) => cluster ?? ""));
  const policies = sortPolicies(config.objects.trafficPolicies);
  const names = clusters.clusters.map((cluster) => cluster.name);
  problems.push(...unknownClusters(policies, names));
  const sharedFallbacks = (owned.hosts.get("*")?.declarations ?? []).filter((one) => one.pathType === null);
  const hosts: HostRoutes[] = [];
  for (const [host, { owner, declarations: own }] of owned.hosts) {
    const all = host === "*" ? own : [...own, ...fallbacksFor(owner, own, sharedFallbacks)];
    const merged = mergeRoutes(all);
    const steering = hostPolicy(host, own, policies);
    problems.push(...merged.problems, ...backendProblems(own, collect, clusterNames), ...steering.problems);
    const keys = new Set(merged.routes.flatMap((route) => route.backends.map((backend) => backend.service)));
    const services = [...keys].sort(compareText).map((key) => withHealthCheck(collect(key), steering.healthCheck));
    hosts.push({
      host,
      owner,
      routes: merged.routes,
      services,
      policy: steering.policy,
      sources: merged.sources,
    });
  }
  hosts.sort((a, b) => compareText(a.host, b.host));
  const snapshot: Snapshot = {
    clusters: clusters.clusters,
    hosts,
    reservations: owned.reservations,
    locationOverrides: locationOverrides(policies),
  };
  return { snapshot, backends: collect.health(), problems };
}

/** A default backend also takes the unmatched paths of other hosts of its own namespace, never of a foreign one. */
function fallbacksFor(owner: string, own: readonly Declaration[], shared: readonly Declaration[]): Declaration[] {
  const has = new Set(own.filter((one) => one.pathType === null).map((one) => one.meta.name));
  return shared.filter((one) => one.meta.namespace === owner && !has.has(one.meta.name));
}

function memberObservations(input: CompileInput, problems: Problem[]): readonly Observation[] {
  const names = new Set(input.config.objects.clusters.map((cluster) => cluster.meta.name));
  const members: Observation[] = [];
  for (const observation of input.clusters) {
    if (observation.cluster !== null && names.has(observation.cluster)) {
      members.push(observation);
      problems.push(...observation.problems);
    }
  }
  return members.sort((a, b) => compareText(a.cluster ?? "", b.cluster ?? ""));
}

function membersOf(input: CompileInput, observations: readonly Observation[]): readonly Member[] {
  const objects = new Map(input.config.objects.clusters.map((cluster) => [cluster.meta.name, cluster]));
  const members: Member[] = [];
  for (const observation of observations) {
    const cluster = objects.get(observation.cluster ?? "");
    if (cluster === undefined) continue;
    const adopted = new Map(
      observation.objects.ingresses
        .filter((ingress) => ownershipOf(ingress, observation) === "adopted")
        .flatMap(adoptedServices),
    );
    members.push(member(cluster, observation, adopted));
  }
  return members;
}

type Collector = ((key: ServiceKey) => Collected) & { readonly health: () => readonly BackendHealth[] };

/** Looks each service port up once, however many hosts use it. */
function backendCollector(members: readonly Member[], allowPrivateOrigins: boolean): Collector {
  const holders = holdersOf(members);
  const cache = new Map<ServiceKey, Collected>();
  const collect = (key: ServiceKey): Collected => {
    const known = cache.get(key);
    if (known !== undefined) return known;
    const collected = collectBackends(holders, key, allowPrivateOrigins);
    cache.set(key, collected);
    return collected;
  };
  const health = () =>
    [...cache.values()]
      .flatMap((collected) => [...collected.results.values()])
      .flatMap((result) => (result.found && result.health !== null ? [result.health] : []))
      .sort((a, b) => compareText(a.cluster, b.cluster) || compareText(a.service, b.service));
  return Object.assign(collect, { health });
}

/** What keeps a rule's own cluster (or, for a federated rule, every cluster) from serving it. */
function backendProblems(
  declarations: readonly Declaration[],
  collect: Collector,
  members: ReadonlySet<string>,
): Problem[] {
  const problems: Problem[] = [];
  for (const declaration of declarations) {
    for (const { service } of declaration.backends) {
      const { results } = collect(service);
      if (declaration.cluster === null && [...results.values()].some((result) => result.found)) continue;
      const result = declaration.cluster === null ? [...results.values()][0] : results.get(declaration.cluster);
      const trouble = result === undefined ? absent(service, members) : result.found ? result.trouble : result.reason;
      if (trouble === null) continue;
      const reason = result?.found === true ? "NoUsableAddress" : "BackendNotFound";
      const message = `Cannot send ${declaration.host}${declaration.path.value} to ${service}: ${trouble}`;
      problems.push(problemOf("warning", reason, declaration.cluster, declaration.meta, "spec.rules", message));
    }
  }
  return problems;
}

function absent(service: ServiceKey, members: ReadonlySet<string>): string {
  return members.size === 0 ? "no cluster is a member" : noService(service);
}
