/** From members in order to the candidates of a decision: what the edge needs to try them. */
import type { Candidate } from "./decision.ts";
import type { Origin } from "./model.ts";
import type { Member } from "./prepared.ts";
import type { Pool } from "./steering/pool.ts";

/** The candidates for members of a pool, in the same order. */
export function candidatesOf(pool: Pool, members: readonly number[], seed: number): Candidate[] {
  const candidates: Candidate[] = [];
  for (const member of members) {
    const candidate = candidateOf(pool, member, seed);
    if (candidate !== null) candidates.push(candidate);
  }
  return candidates;
}

function candidateOf(pool: Pool, member: number, seed: number): Candidate | null {
  const origins = pool.verdicts.origins[member] ?? [];
  const first = origins.length < 2 ? 0 : (seed >>> 0) % origins.length;
  const kept = pool.kept.candidates[member]?.[first];
  if (kept !== undefined) return kept;
  const candidate = newCandidate(pool, member, rotate(origins, first));
  if (candidate !== null) {
    const known = (pool.kept.candidates[member] ??= []);
    known[first] = candidate;
  }
  return candidate;
}

function newCandidate(pool: Pool, member: number, origins: readonly Origin[]): Candidate | null {
  const one = pool.prepared.members[member];
  if (one === undefined) return null;
  return {
    cluster: one.cluster.name,
    service: pool.prepared.service,
    costUs: pool.ranking.costUs[one.index] ?? 0,
    basis: pool.ranking.basis[one.index] ?? "none",
    panic: pool.verdicts.trouble[member]?.reason ?? null,
    limits: one.terms.limits,
    origins,
  };
}

/** Spreads requests over the origins of one cluster. */
function rotate(origins: readonly Origin[], start: number): readonly Origin[] {
  return start === 0 ? origins : [...origins.slice(start), ...origins.slice(0, start)];
}

/** A drained cluster for a client that is pinned to it. */
export function drainingCandidate(
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
