/**
 * From the members of a backend to the candidates of a decision: residency, then health and panic, then the policy's
 * order, then the client's pin. What residency forbids is gone before anything else is looked at.
 */
import { candidatesOf, drainingCandidate } from "./candidates.ts";
import type { HealthView } from "./health/view.ts";
import type { Candidate, Circumstances, Exclusion, PinOrder, RejectDecision, RequestFacts } from "./model.ts";
import type { Prepared } from "./prepared.ts";
import { clientHash, pinFor, pinOrder } from "./steering/affinity.ts";
import { canarySide } from "./steering/canary.ts";
import { preferencesFor } from "./steering/geolocation.ts";
import type { PolicyIndex } from "./steering/policy-index.ts";
import type { Pool } from "./steering/pool.ts";
import type { Ranking } from "./steering/ranking.ts";
import type { ResidencyVerdict } from "./steering/residency.ts";
import { steer } from "./steering/steer.ts";
import type { Trace } from "./steering/trace.ts";
import { tracePin, traceClient, traceMembers } from "./trace-choice.ts";
import type { Verdicts } from "./verdict.ts";
import { isPanic, judgeMember } from "./verdicts.ts";

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
  readonly ranking: Ranking;
  readonly residency: ResidencyVerdict | null;
  readonly health: HealthView;
  readonly fresh: boolean;
}

export interface Choice {
  readonly candidates: readonly Candidate[];
  readonly excluded: readonly Exclusion[];
  readonly panic: boolean;
  readonly passedBy: readonly string[];
  readonly setPin: PinOrder | null;
  /** What to say when there are no candidates. */
  readonly refusal: Pick<RejectDecision, "status" | "code" | "reason">;
}

const NOBODY: readonly string[] = [];

/** Chooses. Every member that residency allows and health does not doubt is a candidate, unless more were found than asked for. */
export function choose(choosing: Choosing): Choice {
  const { prepared, verdicts, policy, circumstances, limit } = choosing;
  const allowed = allowedBy(choosing);
  const panic =
    allowed === null
      ? verdicts.panic
      : isPanic(prepared.members, verdicts.trouble, (member) => allowed[member.index] === true);
  const pool = poolOf(choosing, allowed);
  if (pool.trace !== null) traceMembers(pool);
  const healthy = steer(pool);
  const candidates = candidatesOf(pool, healthy.members, circumstances.seed);
  if (panic && candidates.length < limit) {
    // A healthy candidate is never passed over for a doubtful one, so a panic cannot break rule 1.
    const doubtful = { ...pool, healthy: false, limit: limit - candidates.length };
    candidates.push(...candidatesOf(doubtful, steer(doubtful).members, circumstances.seed));
  }
  const setPin = applyPin(choosing, pool, candidates);
  return {
    candidates,
    excluded: exclusions({ choosing, allowed, panic, first: candidates[0]?.cluster ?? "" }),
    panic,
    passedBy:
      healthy.passedBy.length === 0 ? NOBODY : healthy.passedBy.map((one) => prepared.members[one]?.cluster.name ?? ""),
    setPin,
    refusal: refusalOf(choosing, policy),
  };
}

/** By cluster index, or null for everybody. */
function allowedBy({ residency, policy, prepared, verdicts, trace }: Choosing): readonly boolean[] | null {
  if (residency === null) return null;
  const proven = residency.unproven ? "; the client's place is not proven" : "";
  trace?.steps.push({ step: "residency", text: `${residency.rules.join("; ")}${proven}` });
  if (policy.policy.residency?.onNoCluster !== "allow") return residency.allowed;
  const isServed = prepared.members.some(
    (member, at) => residency.allowed[member.index] === true && verdicts.trouble[at] === null,
  );
  if (isServed) return residency.allowed;
  trace?.steps.push({ step: "residency", text: "no cluster within is available, and the policy then allows any" });
  return null;
}

function poolOf(choosing: Choosing, allowed: readonly boolean[] | null): Pool {
  const { prepared, policy, verdicts, ranking, request, circumstances, limit, trace } = choosing;
  const { canary, affinity } = policy.policy;
  const hash = clientHash(affinity, request, circumstances);
  const side = canary === null ? null : canarySide(canary, request, hash);
  const { geolocation } = policy;
  const preferences = geolocation === null ? [] : preferencesFor(geolocation, circumstances.client);
  if (trace !== null) traceClient(trace, { policy: policy.policy, side, preferences, request, circumstances });
  return {
    prepared,
    policy,
    verdicts,
    ranking,
    healthy: true,
    allowed,
    clientHash: hash,
    nowMs: circumstances.nowMs,
    offered: circumstances.offered,
    side,
    only: null,
    preferences,
    limit,
    trace,
  };
}

/** Moves the client's pinned cluster to the front of the list, or says why its pin does not count any more. */
function applyPin(choosing: Choosing, pool: Pool, candidates: Candidate[]): PinOrder | null {
  const { cookie, policy, circumstances, trace } = choosing;
  const { affinity } = policy.policy;
  if (affinity?.type !== "cookie") return null;
  const { nowMs } = circumstances;
  const pin = pinFor(cookie, circumstances);
  const pinned = pin === null ? null : pinnedCandidate(choosing, pool, pin.cluster);
  if (trace !== null) tracePin(trace, pin, pinned);
  if (pin === null || pinned === null) {
    return pinOrder(cookie, affinity.ttlMs, { pin: null, draining: false, nowMs });
  }
  const at = candidates.findIndex((one) => one.cluster === pinned.candidate.cluster);
  if (at !== -1) candidates.splice(at, 1);
  candidates.unshift(pinned.candidate);
  if (candidates.length > pool.limit) candidates.pop();
  return pinOrder(cookie, affinity.ttlMs, { pin, draining: pinned.draining, nowMs });
}

/** A pin holds where the cluster may be used at all: it is allowed, available, and not drained or not yet for good. */
function pinnedCandidate(
  { prepared, health, fresh, circumstances }: Choosing,
  pool: Pool,
  name: string,
): { readonly candidate: Candidate; readonly draining: boolean } | null {
  const { nowMs, seed } = circumstances;
  const at = prepared.members.findIndex((member) => member.cluster.name === name);
  const index = prepared.members[at]?.index ?? -1;
  if (at !== -1) {
    const usable = pool.verdicts.trouble[at] === null && (pool.allowed === null || pool.allowed[index] === true);
    const [candidate] = usable ? candidatesOf(pool, [at], seed) : [];
    return candidate === undefined ? null : { candidate, draining: false };
  }
  const draining = prepared.draining.find((member) => member.cluster.name === name);
  if (draining === undefined || nowMs >= (draining.terms.drainUntilMs ?? 0)) return null;
  if (pool.allowed !== null && pool.allowed[draining.index] !== true) return null;
  const verdict = judgeMember(draining, health, { fresh, ejected: nowMs });
  if (verdict.trouble !== null) return null;
  return { candidate: drainingCandidate(pool, draining, { origins: verdict.origins, seed }), draining: true };
}

/** Why each other cluster is not a candidate. Without residency and panic it is the list that was made before. */
function exclusions(about: {
  readonly choosing: Choosing;
  readonly allowed: readonly boolean[] | null;
  readonly panic: boolean;
  /** A drained cluster that a pin has put first is no longer excluded. */
  readonly first: string;
}): readonly Exclusion[] {
  const { choosing, allowed, panic, first } = about;
  const { prepared, verdicts, policy } = choosing;
  const pinnedToDrain =
    policy.policy.affinity?.type === "cookie" && prepared.draining.some((one) => one.cluster.name === first);
  if (allowed === null && !panic && !pinnedToDrain) return verdicts.excluded;
  const list = prepared.excluded.filter((one) => !pinnedToDrain || one.cluster !== first);
  for (const [at, { index, cluster }] of prepared.members.entries()) {
    const trouble = verdicts.trouble[at] ?? null;
    if (allowed !== null && allowed[index] !== true) {
      const reason = `residency: ${choosing.residency?.rules.join("; ") ?? ""}`;
      list.push({ cluster: cluster.name, code: "residency", reason });
    } else if (trouble !== null && !panic) list.push(trouble);
  }
  return list;
}

function refusalOf({ residency, prepared }: Choosing, policy: PolicyIndex): Choice["refusal"] {
  const rule = policy.policy.residency;
  if (residency === null || rule === null || prepared.members.length === 0) return NO_BACKEND;
  const unproven = residency.unproven ? ", and the client's place is not proven" : "";
  return {
    status: rule.status,
    code: "residency",
    reason: `no cluster satisfies the residency rule ${residency.rules.join("; ")}${unproven}`,
  };
}

const NO_BACKEND: Choice["refusal"] = { status: 503, code: "no-backend", reason: "no cluster may take the request" };
