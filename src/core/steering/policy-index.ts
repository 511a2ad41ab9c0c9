/** A host's policy made ready for decisions: names are indexes into the snapshot's clusters. Made in `policy-indexer.ts`. */
import type { CircuitLimits } from "../health/circuit.ts";
import type { GeolocationIndex } from "./geolocation.ts";
import type { Ramp, SteeringPolicy } from "./policy.ts";
import type { Ranker } from "./ranking.ts";
import type { ResidencyIndex } from "./residency.ts";

/** What counts for one cluster under one policy. */
export interface Terms {
  readonly weight: number;
  readonly bias: number;
  readonly ramp: Ramp | null;
  readonly drainUntilMs: number | null;
  readonly limits: CircuitLimits;
}

/** The part of an index that only policies beyond plain nearest fill; null for what a policy does not ask for. */
export interface PolicyExtras {
  /** Tier of each cluster under `failover`; null for other methods. */
  readonly tiers: readonly number[] | null;
  readonly geolocation: GeolocationIndex | null;
  readonly canary: readonly boolean[] | null;
  readonly residency: ResidencyIndex | null;
}

/** Shared by all hosts whose policies are equal. Arrays are by cluster index. */
export interface PolicyIndex extends PolicyExtras {
  /** Unique in its table. */
  readonly number: number;
  readonly policy: SteeringPolicy;
  readonly terms: readonly Terms[];
  /** What the walks look at for every member, close together in memory. */
  readonly weights: Float64Array;
  readonly hashes: Uint32Array;
  readonly ranker: Ranker;
  /** Whether anybody's share can change with time alone. */
  readonly hasRamp: boolean;
}
