/**
 * What people write about steering, before it is a policy: a TrafficPolicy or the annotations of an Ingress. Null means
 * that nothing was said, so that annotations can refine what a TrafficPolicy says.
 */
import type { CircuitSettings } from "../health/circuit.ts";
import type {
  Affinity,
  Canary,
  ClusterTerms,
  Maintenance,
  PlaceGroup,
  Residency,
  SlowStart,
  SpillPolicy,
  SteeringMethod,
  TieWindow,
} from "./policy.ts";

export interface SteeringSettings {
  readonly method: SteeringMethod | null;
  readonly tieWindow: TieWindow | null;
  readonly clusters: readonly ClusterTerms[];
  readonly spill: SpillPolicy | null;
  /** `windowMs` 0 switches it off. */
  readonly slowStart: SlowStart | null;
  readonly canary: Canary | null;
  readonly residency: Residency | null;
  readonly affinity: Affinity | null;
  readonly maintenance: Maintenance | null;
  readonly limits: CircuitSettings | null;
  /** Groups that are defined here, and may be used in every rule. */
  readonly groups: readonly PlaceGroup[];
}

/** Nothing said. */
export const NO_SETTINGS: SteeringSettings = {
  method: null,
  tieWindow: null,
  clusters: [],
  spill: null,
  slowStart: null,
  canary: null,
  residency: null,
  affinity: null,
  maintenance: null,
  limits: null,
  groups: [],
};
