/** A host's policy made ready for decisions: names become indexes into the snapshot's clusters, once per snapshot. */
import type { UnitVector } from "../geo/distance.ts";
import type { Cluster } from "../model.ts";
import { type GeolocationIndex, indexGeolocation } from "./geolocation.ts";
import { hash32 } from "./hash.ts";
import type { Ramp, SteeringPolicy } from "./policy.ts";
import { type Ranker, ranker } from "./ranking.ts";
import { indexResidency, type ResidencyIndex } from "./residency.ts";

/** What counts for one cluster under one policy. */
export interface Terms {
  readonly weight: number;
  readonly bias: number;
  readonly ramp: Ramp | null;
  readonly drainUntilMs: number | null;
}

/** Shared by all hosts whose policies are equal. Arrays are by cluster index. */
export interface PolicyIndex {
  /** Unique in its table. */
  readonly number: number;
  readonly policy: SteeringPolicy;
  readonly terms: readonly Terms[];
  /** What the walks look at for every member, close together in memory. */
  readonly weights: Float64Array;
  readonly hashes: Uint32Array;
  readonly ranker: Ranker;
  /** Tier of each cluster under `failover`; null for other methods. */
  readonly tiers: readonly number[] | null;
  readonly geolocation: GeolocationIndex | null;
  readonly canary: readonly boolean[] | null;
  /** Whether anybody's share can change with time alone. */
  readonly hasRamp: boolean;
  readonly residency: ResidencyIndex | null;
}

/** Makes policy indexes; equal policies share one, and equal biases share a ranker. */
export function policyIndexer(
  clusters: readonly Cluster[],
  places: ReadonlyMap<string, UnitVector>,
): (policy: SteeringPolicy) => PolicyIndex {
  const indexes = new Map<string, PolicyIndex>();
  const rankers = new Map<string, Ranker>();
  const rankerFor = (biases: readonly number[]): Ranker => {
    const key = biases.join();
    const known = rankers.get(key) ?? ranker({ clusters, places, biases });
    rankers.set(key, known);
    return known;
  };
  return (policy) => {
    const key = JSON.stringify(policy);
    const known = indexes.get(key);
    if (known !== undefined) return known;
    const index = { number: indexes.size, ...indexPolicy(policy, clusters, rankerFor) };
    indexes.set(key, index);
    return index;
  };
}

function indexPolicy(
  policy: SteeringPolicy,
  clusters: readonly Cluster[],
  rankerFor: (biases: readonly number[]) => Ranker,
): Omit<PolicyIndex, "number"> {
  const own = new Map(policy.clusters.map((terms) => [terms.cluster, terms]));
  const terms = clusters.map((cluster): Terms => {
    const host = own.get(cluster.name);
    // A cluster that is drained is drained for every host, whatever a host's policy would like.
    if (cluster.weight === 0) {
      return { weight: 0, bias: cluster.bias, ramp: null, drainUntilMs: cluster.drainUntilMs };
    }
    return {
      weight: host?.weight ?? cluster.weight,
      bias: host?.bias ?? cluster.bias,
      ramp: host?.ramp ?? cluster.ramp,
      drainUntilMs: host?.drainUntilMs ?? cluster.drainUntilMs,
    };
  });
  const names = clusters.map((cluster) => cluster.name);
  const { method, canary, residency } = policy;
  return {
    policy,
    terms,
    weights: Float64Array.from(terms, (one) => one.weight),
    hashes: Uint32Array.from(names, (name) => hash32(name)),
    ranker: rankerFor(terms.map((one) => one.bias)),
    tiers: method.type === "failover" ? tiersOf(names, method.tiers) : null,
    geolocation: method.type === "geolocation" ? indexGeolocation(method.rules, policy.groups, names) : null,
    hasRamp: terms.some((one) => one.ramp !== null),
    canary: canary === null ? null : names.map((name) => canary.clusters.includes(name)),
    residency: residency === null ? null : indexResidency(residency, policy.groups, clusters),
  };
}

function tiersOf(names: readonly string[], tiers: readonly (readonly string[])[]): readonly number[] {
  return names.map((name) => {
    const tier = tiers.findIndex((clusters) => clusters.includes(name));
    return tier === -1 ? tiers.length : tier;
  });
}
