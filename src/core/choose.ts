/**
 * From the members of a backend to the candidates of a decision: residency, then health and panic, then the policy's
 * order, then the client's pin. What residency forbids is gone before anything else is looked at.
 */
import { candidatesOf } from "./candidates.ts";
import type { Choosing, Refusal } from "./choosing.ts";
import type { Candidate, Exclusion, PinOrder } from "./decision.ts";
import type { Hold } from "./steering/held.ts";
import { addressHash } from "./steering/hash.ts";
import type { Pool } from "./steering/pool.ts";
import { steerNearest } from "./steering/nearest.ts";
import { isPanic } from "./verdicts.ts";

export interface Choice {
  readonly candidates: readonly Candidate[];
  readonly excluded: readonly Exclusion[];
  readonly panic: boolean;
  readonly passedBy: readonly string[];
  readonly setPin: PinOrder | null;
  readonly hold: Hold | null;
  readonly refusal: Refusal;
}

/** No clusters, without an array of its own for every request. */
export const NO_NAMES: readonly string[] = [];

/** Chooses. Every member that residency allows and health does not doubt is a candidate, unless more were found than asked for. */
export function choose(choosing: Choosing): Choice {
  const { prepared, verdicts, beyond, circumstances, limit } = choosing;
  const allowed = beyond === null ? null : beyond.allowed(choosing);
  const panic =
    allowed === null
      ? verdicts.panic
      : isPanic(prepared.members, verdicts.trouble, (member) => allowed[member.index] === true);
  const pool = poolOf(choosing, allowed);
  pool.trace?.members(pool);
  const steer = beyond === null ? steerNearest : beyond.steer;
  const healthy = steer(pool);
  const candidates = candidatesOf(pool, healthy.members, circumstances.seed);
  if (panic && candidates.length < limit) {
    // A healthy candidate is never passed over for a doubtful one, so a panic cannot break rule 1.
    const doubtful = { ...pool, healthy: false, limit: limit - candidates.length };
    candidates.push(...candidatesOf(doubtful, steer(doubtful).members, circumstances.seed));
  }
  const setPin = beyond === null ? null : beyond.pin(choosing, pool, candidates);
  return {
    candidates,
    excluded:
      beyond === null
        ? (panic ? prepared : verdicts).excluded
        : beyond.excluded(choosing, { allowed, panic, first: candidates[0]?.cluster ?? "" }),
    panic,
    passedBy:
      healthy.passedBy.length === 0
        ? NO_NAMES
        : healthy.passedBy.map((one) => prepared.members[one]?.cluster.name ?? ""),
    setPin,
    hold:
      healthy.group === null || !isHolding(choosing, allowed)
        ? null
        : { key: prepared.holdKey, clusters: healthy.group },
    refusal: beyond?.refusal(choosing) ?? NO_BACKEND,
  };
}

/** Only an edge's own place is always the same: clients are each in another. */
function isHolding({ policy, circumstances }: Choosing, allowed: readonly boolean[] | null): boolean {
  const { type } = policy.policy.method;
  if (circumstances.vantage.place === null || allowed !== null || policy.canary !== null) return false;
  return type !== "weighted" && type !== "geolocation";
}

function poolOf(choosing: Choosing, allowed: readonly boolean[] | null): Pool {
  const { prepared, policy, beyond, verdicts, ranking, kept, request, circumstances, limit, trace } = choosing;
  const { client, seed, nowMs, offered } = circumstances;
  const { clientHash, side, preferences } =
    beyond === null
      ? { clientHash: addressHash(client.address, seed), side: null, preferences: [] }
      : beyond.client(choosing);
  trace?.client({ policy: policy.policy, side, preferences, request, circumstances });
  return {
    prepared,
    policy,
    verdicts,
    ranking,
    held: isHolding(choosing, allowed) ? (choosing.health.held.get(prepared.holdKey) ?? null) : null,
    kept,
    healthy: true,
    allowed,
    clientHash,
    nowMs,
    offered,
    side,
    only: null,
    preferences,
    limit,
    trace,
  };
}

/** What is said where nobody may take the request, and no policy says more. */
export const NO_BACKEND: Refusal = { status: 503, code: "no-backend", reason: "no cluster may take the request" };
