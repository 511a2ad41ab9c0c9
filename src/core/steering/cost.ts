/**
 * Nearest means least milliseconds. Costs are whole microseconds before anything is compared (DESIGN.md rule 11).
 */
import { priorUs, type UnitVector, vectorDistanceKm } from "../geo/distance.ts";
import { type HealthView, roundTripKey } from "../health/view.ts";
import type { CostBasis, Vantage } from "../decision.ts";
import type { Cluster } from "../model.ts";

/** What the costs of one request have in common. */
export interface CostContext {
  readonly vantage: Vantage;
  /** `vantage.point` as a vector. */
  readonly from: UnitVector | null;
  readonly health: HealthView;
  readonly nowMs: number;
}

export interface Cost {
  readonly us: number;
  readonly basis: CostBasis;
}

const MIN_SAMPLES = 3;
const MAX_AGE_MS = 600_000;
/** What a cluster costs of which nobody knows the place: more than the far side of the Earth (20 037 km). */
const UNKNOWN_US = 400_000;

/** Measured round-trip if there is one, then what others' measurements make likely, otherwise the distance prior, otherwise a cost that comes last. */
export function clusterCost(
  cluster: Cluster,
  place: UnitVector | undefined,
  { vantage, from, health, nowMs }: CostContext,
): Cost {
  if (vantage.place !== null) {
    const trip = health.roundTrips.get(roundTripKey(vantage.place, cluster.name));
    const counts = trip !== undefined && (trip.basis === "calibrated" || trip.samples >= MIN_SAMPLES);
    if (counts && nowMs - trip.observedAtMs <= MAX_AGE_MS) return { us: trip.us, basis: trip.basis };
  }
  if (from === null || place === undefined) return { us: UNKNOWN_US, basis: "none" };
  return { us: priorUs(vectorDistanceKm(from, place)), basis: "distance" };
}
