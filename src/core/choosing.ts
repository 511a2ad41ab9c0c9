/** What a choice is made from, and what policies beyond plain nearest add to it. Types only. */
import type { HealthView } from "./health/view.ts";
import type {
  Candidate,
  Circumstances,
  Client,
  Exclusion,
  PinOrder,
  RejectDecision,
  RequestFacts,
  RespondDecision,
  RouteRef,
} from "./decision.ts";
import type { Cluster, Route } from "./model.ts";
import type { Prepared } from "./prepared.ts";
import type { SteeringPolicy } from "./steering/policy.ts";
import type { PolicyExtras, PolicyIndex } from "./steering/policy-index.ts";
import type { Kept } from "./steering/kept.ts";
import type { Pool, Trace } from "./steering/pool.ts";
import type { Ranking } from "./steering/ranking.ts";
import type { ResidencyVerdict } from "./steering/residency.ts";
import type { Steered } from "./steering/steered.ts";
import type { Verdicts } from "./verdict.ts";

export interface Asked {
  readonly request: RequestFacts;
  readonly circumstances: Circumstances;
  /** How many candidates are wanted. */
  readonly limit: number;
  /** Where the steps are noted; null notes nothing. */
  readonly trace: Trace | null;
}

export interface Choosing extends Asked {
  readonly prepared: Prepared;
  /** Name of the route's pin cookie. */
  readonly cookie: string;
  readonly verdicts: Verdicts;
  readonly policy: PolicyIndex;
  /** Null for plain nearest. */
  readonly beyond: Policies | null;
  readonly ranking: Ranking;
  readonly kept: Kept;
  readonly residency: ResidencyVerdict | null;
  readonly health: HealthView;
  readonly fresh: boolean;
}

/** What to say when there are no candidates. */
export type Refusal = Pick<RejectDecision, "status" | "code" | "reason">;

/** What was chosen so far, for the reasons of those that were not. */
export interface Chosen {
  readonly allowed: readonly boolean[] | null;
  readonly panic: boolean;
  /** A drained cluster that a pin has put first is no longer excluded. */
  readonly first: string;
}

/**
 * Every policy beyond plain nearest, as the decision calls them. Handed in with the snapshot, so that an edge whose
 * hosts need none of it does not carry it; `allPolicies` is the one implementation.
 */
export interface Policies {
  /** Makes a policy ready. */
  index(policy: SteeringPolicy, clusters: readonly Cluster[]): PolicyExtras;
  /** Null when no rule of residency is about this client. */
  residency(policy: PolicyIndex, client: Client): ResidencyVerdict | null;
  /** The answer of a host under maintenance; null when it is not, for this client and now. */
  maintenance(policy: PolicyIndex, route: RouteRef, asked: Asked): RespondDecision | null;
  /** Name of a route's pin cookie. */
  cookie(route: Route): string;
  /** Which clusters residency leaves, by cluster index; null for everybody. */
  allowed(choosing: Choosing): readonly boolean[] | null;
  /** What counts of the client. */
  client(choosing: Choosing): Pick<Pool, "clientHash" | "side" | "preferences">;
  /** Orders a pool; at most `pool.limit` members. */
  steer(pool: Pool): Steered;
  /** Moves the client's pinned cluster to the front of the list. */
  pin(choosing: Choosing, pool: Pool, candidates: Candidate[]): PinOrder | null;
  /** Why each other cluster is not a candidate. */
  excluded(choosing: Choosing, chosen: Chosen): readonly Exclusion[];
  /** Null when there is nothing special to say. */
  refusal(choosing: Choosing): Refusal | null;
}
