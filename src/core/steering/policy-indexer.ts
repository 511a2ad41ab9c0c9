/** Makes policies ready for decisions, once per snapshot. */
import type { UnitVector } from "../geo/distance.ts";
import type { Policies } from "../choosing.ts";
import { circuitLimits } from "../health/circuit.ts";
import type { Cluster } from "../model.ts";
import { hash32 } from "./hash.ts";
import type { SteeringPolicy } from "./policy.ts";
import type { PolicyExtras, PolicyIndex, Terms } from "./policy-index.ts";
import { type Ranker, ranker } from "./ranking.ts";

/** Whether nothing but plain nearest is asked for, so that a decision needs no other policy. */
export function isPlain(policy: SteeringPolicy, clusters: readonly Cluster[]): boolean {
  const { method, spill, canary, residency, affinity, maintenance } = policy;
  if (method.type !== "nearest" || spill.byReadiness) return false;
  if (canary !== null || residency !== null || affinity !== null || maintenance !== null) return false;
  return (
    policy.clusters.every((terms) => terms.ramp === null) &&
    clusters.every((cluster) => cluster.capacity === null && cluster.ramp === null)
  );
}

const NO_EXTRAS: PolicyExtras = { tiers: null, geolocation: null, canary: null, residency: null };

/** Makes policy indexes; equal policies share one, and equal biases share a ranker. */
export function policyIndexer(
  clusters: readonly Cluster[],
  places: ReadonlyMap<string, UnitVector>,
): (policy: SteeringPolicy, beyond: Policies | null) => PolicyIndex {
  const indexes = new Map<string, PolicyIndex>();
  const rankers = new Map<string, Ranker>();
  const rankerFor = (biases: readonly number[]): Ranker => {
    const key = biases.join();
    const known = rankers.get(key) ?? ranker({ number: rankers.size, clusters, places, biases });
    rankers.set(key, known);
    return known;
  };
  return (policy, beyond) => {
    const key = JSON.stringify(policy);
    const known = indexes.get(key);
    if (known !== undefined) return known;
    const terms = termsOf(policy, clusters);
    const index: PolicyIndex = {
      number: indexes.size,
      policy,
      terms,
      weights: Float64Array.from(terms, (one) => one.weight),
      hashes: Uint32Array.from(clusters, ({ name }) => hash32(name)),
      ranker: rankerFor(terms.map((one) => one.bias)),
      hasRamp: terms.some((one) => one.ramp !== null),
      ...(beyond?.index(policy, clusters) ?? NO_EXTRAS),
    };
    indexes.set(key, index);
    return index;
  };
}

function termsOf(policy: SteeringPolicy, clusters: readonly Cluster[]): readonly Terms[] {
  const own = new Map(policy.clusters.map((terms) => [terms.cluster, terms]));
  return clusters.map((cluster): Terms => {
    const host = own.get(cluster.name);
    const limits = circuitLimits(policy.limits, cluster.limits);
    // A cluster that is drained is drained for every host, whatever a host's policy would like.
    if (cluster.weight === 0) {
      return { weight: 0, bias: cluster.bias, ramp: null, drainUntilMs: cluster.drainUntilMs, limits };
    }
    return {
      weight: host?.weight ?? cluster.weight,
      bias: host?.bias ?? cluster.bias,
      ramp: host?.ramp ?? cluster.ramp,
      drainUntilMs: host?.drainUntilMs ?? cluster.drainUntilMs,
      limits,
    };
  });
}
