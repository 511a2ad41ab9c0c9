import type { Cluster } from "../model.ts";
import { indexGeolocation } from "./geolocation.ts";
import type { SteeringPolicy } from "./policy.ts";
import type { PolicyExtras } from "./policy-index.ts";
import { indexResidency } from "./residency.ts";

/** What a policy names, by cluster index. */
export function policyExtras(policy: SteeringPolicy, clusters: readonly Cluster[]): PolicyExtras {
  const { method, canary, residency, groups } = policy;
  const names = clusters.map((cluster) => cluster.name);
  return {
    tiers: method.type === "failover" ? tiersOf(names, method.tiers) : null,
    geolocation: method.type === "geolocation" ? indexGeolocation(method.rules, groups, names) : null,
    canary: canary === null ? null : names.map((name) => canary.clusters.includes(name)),
    residency: residency === null ? null : indexResidency(residency, groups, clusters),
  };
}

function tiersOf(names: readonly string[], tiers: readonly (readonly string[])[]): readonly number[] {
  return names.map((name) => {
    const tier = tiers.findIndex((clusters) => clusters.includes(name));
    return tier === -1 ? tiers.length : tier;
  });
}
