/** The members that one pass of steering may choose from, with everything that the policies look at. */
import type { Candidate, Circumstances, RequestFacts, VerifiedPin } from "../decision.ts";
import type { Prepared } from "../prepared.ts";
import type { Verdicts } from "../verdict.ts";
import type { CanarySide } from "./canary.ts";
import type { Held } from "./held.ts";
import type { Kept } from "./kept.ts";
import type { GeoPreference } from "./geolocation.ts";
import type { SteeringPolicy } from "./policy.ts";
import type { PolicyIndex } from "./policy-index.ts";
import type { Ranking } from "./ranking.ts";
import type { Steps } from "./trace.ts";

/** One request's view of one prepared backend. */
export interface Pool {
  readonly prepared: Prepared;
  readonly policy: PolicyIndex;
  readonly verdicts: Verdicts;
  readonly ranking: Ranking;
  /** What the edge chose before; null where nothing is held. */
  readonly held: Held | null;
  /** What requests like this one share. */
  readonly kept: Kept;
  /** Available members, or in the second pass of a panic those in trouble. */
  readonly healthy: boolean;
  /** By cluster index; null when residency has nothing to say. */
  readonly allowed: readonly boolean[] | null;
  readonly clientHash: number;
  readonly nowMs: number;
  /** Requests a second offered to each cluster; null when nobody counts. */
  readonly offered: ReadonlyMap<string, number> | null;
  readonly side: CanarySide | null;
  /** Canary clusters alone, all others alone, or null for both. */
  readonly only: boolean | null;
  readonly preferences: readonly GeoPreference[];
  /** How many members are wanted: what the request can use, or all of them for an explanation. */
  readonly limit: number;
  readonly trace: Trace | null;
}

/** Notes what a decision does, in words that only `explain` carries (`trace-choice.ts`). */
export interface Trace extends Steps {
  /** What is known about the client before any cluster is looked at. */
  client(about: {
    readonly policy: SteeringPolicy;
    readonly side: CanarySide | null;
    readonly preferences: readonly GeoPreference[];
    readonly request: RequestFacts;
    readonly circumstances: Circumstances;
  }): void;
  /** What each eligible member costs, and which tier of its policy it is in. */
  members(pool: Pool): void;
  /** A member is as near as the nearest of its group, which ends there. */
  tie(pool: Pool, member: number, limitUs: number): void;
  /** A member stays first although another one is a little nearer. */
  held(pool: Pool, member: number): void;
  /** A member that came back lately takes this share of its share. */
  starting(pool: Pool, member: number, share: number): void;
  /** A member does not take this client. */
  passedOn(pool: Pool, member: number): void;
  /** What became of the client's pin. */
  pin(pin: VerifiedPin | null, pinned: { readonly candidate: Candidate; readonly draining: boolean } | null): void;
}

/** Whether a member takes part in this pass. */
export function isEligible(pool: Pool, member: number): boolean {
  const available = pool.verdicts.allAvailable || pool.verdicts.trouble[member] === null;
  if (available !== pool.healthy) return false;
  if (pool.allowed === null && pool.only === null) return true;
  const index = pool.prepared.members[member]?.index ?? -1;
  if (pool.only !== null && pool.policy.canary?.[index] !== pool.only) return false;
  return pool.allowed === null || pool.allowed[index] === true;
}
