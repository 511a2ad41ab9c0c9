/** Every policy beyond plain nearest: residency, canary, tiers, weights, capacity, affinity and maintenance. */
import { candidatesOf, rotate } from "./candidates.ts";
import type { Choosing, Chosen, Policies, Refusal } from "./choosing.ts";
import type { Candidate, Exclusion, PinOrder } from "./decision.ts";
import type { Origin } from "./model.ts";
import type { Member } from "./prepared.ts";
import { clientHash, pinCookie, pinFor, pinOrder } from "./steering/affinity.ts";
import { canarySide } from "./steering/canary.ts";
import { preferencesFor } from "./steering/geolocation.ts";
import { isUnderMaintenance, maintenanceAnswer } from "./steering/maintenance.ts";
import { policyExtras } from "./steering/policy-extras.ts";
import type { Pool } from "./steering/pool.ts";
import { judgeResidency } from "./steering/residency.ts";
import { steer } from "./steering/steer.ts";
import { judgeMember } from "./verdicts.ts";

/** Handed in with a snapshot (`buildRoutingTable`) by everybody who can afford it. */
export const allPolicies: Policies = {
  index: policyExtras,
  residency: ({ residency }, client) => (residency === null ? null : judgeResidency(residency, client)),
  maintenance({ policy }, route, { circumstances, trace }) {
    const { maintenance } = policy;
    const { client, nowMs } = circumstances;
    if (maintenance === null || !isUnderMaintenance(maintenance, client, nowMs)) return null;
    trace?.steps.push({ step: "maintenance", text: `the host answers ${maintenance.status} for itself` });
    return maintenanceAnswer(maintenance, route);
  },
  cookie: pinCookie,
  allowed: allowedBy,
  client({ policy, request, circumstances }) {
    const { canary, affinity } = policy.policy;
    const hash = clientHash(affinity, request, circumstances);
    return {
      clientHash: hash,
      side: canary === null ? null : canarySide(canary, request, hash),
      preferences: policy.geolocation === null ? [] : preferencesFor(policy.geolocation, circumstances.client),
    };
  },
  steer,
  pin: applyPin,
  excluded: exclusions,
  refusal: refusalOf,
};

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

/** Moves the client's pinned cluster to the front of the list, or says why its pin does not count any more. */
function applyPin(choosing: Choosing, pool: Pool, candidates: Candidate[]): PinOrder | null {
  const { cookie, policy, circumstances, trace } = choosing;
  const { affinity } = policy.policy;
  if (affinity?.type !== "cookie") return null;
  const { nowMs } = circumstances;
  const pin = pinFor(cookie, circumstances);
  const pinned = pin === null ? null : pinnedCandidate(choosing, pool, pin.cluster);
  trace?.pin(pin, pinned);
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

/** A drained cluster for a client that is pinned to it. */
function drainingCandidate(
  pool: Pool,
  { cluster, index, terms }: Member,
  { origins, seed }: { readonly origins: readonly Origin[]; readonly seed: number },
): Candidate {
  return {
    cluster: cluster.name,
    service: pool.prepared.service,
    costUs: pool.ranking.costUs[index] ?? 0,
    basis: pool.ranking.basis[index] ?? "none",
    panic: null,
    limits: terms.limits,
    origins: rotate(origins, (seed >>> 0) % origins.length),
  };
}

/** Why each other cluster is not a candidate. Without residency and panic it is the list that was made before. */
function exclusions(choosing: Choosing, { allowed, panic, first }: Chosen): readonly Exclusion[] {
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

function refusalOf({ residency, prepared, policy }: Choosing): Refusal | null {
  const rule = policy.policy.residency;
  if (residency === null || rule === null || prepared.members.length === 0) return null;
  const unproven = residency.unproven ? ", and the client's place is not proven" : "";
  return {
    status: rule.status,
    code: "residency",
    reason: `no cluster satisfies the residency rule ${residency.rules.join("; ")}${unproven}`,
  };
}
