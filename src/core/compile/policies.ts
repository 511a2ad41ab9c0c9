/**
 * TrafficPolicy objects and annotations → the steering policy of each host, and what operators know about client
 * networks. The TrafficPolicy is the operators' word, annotations are the tenant's: they refine it part by part, but a
 * residency rule is only ever added to, never taken away.
 */
import { compareText } from "../match-route.ts";
import type { HealthCheck, LocationOverride } from "../model.ts";
import type { Problem, TrafficPolicyObject } from "../objects.ts";
import { type ClusterTerms, DEFAULT_POLICY, type Residency, type SteeringPolicy } from "../steering/policy.ts";
import { NO_SETTINGS, type SteeringSettings } from "../steering/settings.ts";
import { type Annotated, annotatedSettings } from "./annotated.ts";
import type { Declaration } from "./declaration.ts";
import { groupsOf } from "./place-groups.ts";
import { objectName, problemOf } from "./problem.ts";

export interface HostPolicy {
  readonly policy: SteeringPolicy;
  /** Of the host's Services that say nothing of their own. */
  readonly healthCheck: HealthCheck | null;
  readonly problems: readonly Problem[];
}

/** The policy of one host: the TrafficPolicy for it, refined by the annotations of the objects that declare the host. */
export function hostPolicy(
  host: string,
  declarations: readonly Declaration[],
  policies: readonly TrafficPolicyObject[],
): HostPolicy {
  const base = policyFor(host, policies);
  const annotated = annotatedSettings(declarations);
  const settings = annotated === null ? null : annotated.settings;
  const merged = merge(base?.steering ?? NO_SETTINGS, settings ?? NO_SETTINGS);
  const groups = groupsOf(merged);
  const names = [base === null ? null : objectName(base.meta), annotated?.source ?? null].filter((one) => one !== null);
  const policy: SteeringPolicy = {
    source: names.length === 0 ? null : names.join(" and annotations of "),
    method: merged.method ?? DEFAULT_POLICY.method,
    tieWindow: merged.tieWindow ?? DEFAULT_POLICY.tieWindow,
    clusters: merged.clusters,
    spill: merged.spill ?? DEFAULT_POLICY.spill,
    slowStart: merged.slowStart?.windowMs === 0 ? null : (merged.slowStart ?? DEFAULT_POLICY.slowStart),
    canary: merged.canary,
    residency: merged.residency,
    affinity: merged.affinity,
    maintenance: merged.maintenance,
    limits: merged.limits,
    groups: groups.groups,
  };
  const healthCheck = base?.healthCheck ?? null;
  return {
    policy,
    healthCheck,
    problems: [...unknownGroups(base, annotated, groups.unknown), ...(annotated?.problems ?? [])],
  };
}

/** The policy that names the host, then one that covers it by wildcard, then one for all hosts; the oldest of each. */
function policyFor(host: string, policies: readonly TrafficPolicyObject[]): TrafficPolicyObject | null {
  const wildcard = `*.${host.slice(host.indexOf(".") + 1)}`;
  return (
    policies.find((policy) => policy.hosts.includes(host)) ??
    policies.find((policy) => policy.hosts.includes(wildcard)) ??
    policies.find((policy) => policy.hosts.length === 0) ??
    null
  );
}

function merge(base: SteeringSettings, over: SteeringSettings): SteeringSettings {
  return {
    method: over.method ?? base.method,
    tieWindow: over.tieWindow ?? base.tieWindow,
    clusters: mergeTerms(base.clusters, over.clusters),
    spill: over.spill ?? base.spill,
    slowStart: over.slowStart ?? base.slowStart,
    canary: over.canary ?? base.canary,
    residency: mergeResidency(base.residency, over.residency),
    affinity: over.affinity ?? base.affinity,
    maintenance: over.maintenance ?? base.maintenance,
    limits: over.limits ?? base.limits,
    groups: base.groups,
  };
}

function mergeTerms(base: readonly ClusterTerms[], over: readonly ClusterTerms[]): readonly ClusterTerms[] {
  const byName = new Map(base.map((terms) => [terms.cluster, terms]));
  for (const terms of over) {
    const known = byName.get(terms.cluster);
    byName.set(terms.cluster, {
      cluster: terms.cluster,
      weight: terms.weight ?? known?.weight ?? null,
      bias: terms.bias ?? known?.bias ?? null,
      ramp: terms.ramp ?? known?.ramp ?? null,
      drainUntilMs: terms.drainUntilMs ?? known?.drainUntilMs ?? null,
    });
  }
  return [...byName.values()].sort((a, b) => compareText(a.cluster, b.cluster));
}

/** Both sets of rules hold, in the stricter reading of the two. */
function mergeResidency(base: Residency | null, over: Residency | null): Residency | null {
  if (base === null || over === null) return base ?? over;
  return {
    rules: [...base.rules, ...over.rules],
    unknownAs: over.unknownAs === "strictest" ? "strictest" : base.unknownAs,
    onNoCluster: over.onNoCluster === "reject" ? "reject" : base.onNoCluster,
    status: base.status,
  };
}

function unknownGroups(
  base: TrafficPolicyObject | null,
  annotated: Annotated | null,
  unknown: readonly string[],
): readonly Problem[] {
  return unknown.flatMap((name) => {
    const message = `Cannot use the group "${name}": nobody defines it; a residency rule that names it holds for everybody`;
    const meta = base?.meta ?? annotated?.meta;
    return meta === undefined ? [] : [problemOf("error", "UnknownGroup", null, meta, "spec.groups", message)];
  });
}

/** Oldest first, then by namespace and name. */
export function sortPolicies(policies: readonly TrafficPolicyObject[]): readonly TrafficPolicyObject[] {
  return [...policies].sort(
    (a, b) =>
      a.meta.createdMs - b.meta.createdMs ||
      compareText(a.meta.namespace, b.meta.namespace) ||
      compareText(a.meta.name, b.meta.name),
  );
}

/** All overrides of all policies; for the same network the oldest policy wins. */
export function locationOverrides(sorted: readonly TrafficPolicyObject[]): readonly LocationOverride[] {
  const byCidr = new Map<string, LocationOverride>();
  for (const policy of sorted) {
    for (const { cidr, country, location } of policy.clientLocations) {
      if (!byCidr.has(cidr)) byCidr.set(cidr, { cidr, country, location });
    }
  }
  return [...byCidr.values()].sort((a, b) => compareText(a.cidr, b.cidr));
}

/** Clusters that a policy names and the federation does not have: most likely a slip of the pen. */
export function unknownClusters(
  policies: readonly TrafficPolicyObject[],
  clusters: readonly string[],
): readonly Problem[] {
  return policies.flatMap(({ meta, steering }) => {
    const named = new Set(clusterNames(steering));
    const missing = [...named].filter((name) => !clusters.includes(name)).sort(compareText);
    return missing.map((name) => {
      const message = `Cannot steer to the cluster "${name}": there is no such Cluster, only ${clusters.join(", ") || "none"}`;
      return problemOf("warning", "UnknownCluster", null, meta, "spec.steering", message);
    });
  });
}

function clusterNames({ method, clusters, canary }: SteeringSettings): readonly string[] {
  const own = [...clusters.map((terms) => terms.cluster), ...(canary?.clusters ?? [])];
  if (method?.type === "failover") own.push(...method.tiers.flat());
  if (method?.type === "geolocation") own.push(...method.rules.flatMap((rule) => rule.clusters));
  return own;
}
