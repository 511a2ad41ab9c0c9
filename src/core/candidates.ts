/** From members in order to the candidates of a decision: what the edge needs to try them. */
import type { Candidate } from "./decision.ts";
import type { Origin } from "./model.ts";
import type { Kept } from "./steering/kept.ts";
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
  const known = keptCandidate(pool.kept, member, seed);
  if (known !== undefined) return known;
  const origins = pool.verdicts.origins[member] ?? [];
  const first = firstOrigin(pool.kept, member, seed);
  const candidate = newCandidate(pool, member, rotate(origins, first));
  if (candidate !== null) (pool.kept.candidates[member] ??= [])[first] = candidate;
  return candidate;
}

/** The candidate for a member, if a request like this one has had it. */
export function keptCandidate(kept: Kept, member: number, seed: number): Candidate | undefined {
  return kept.candidates[member]?.[firstOrigin(kept, member, seed)];
}

function firstOrigin({ verdicts }: Kept, member: number, seed: number): number {
  const count = verdicts.origins[member]?.length ?? 0;
  return count < 2 ? 0 : (seed >>> 0) % count;
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
export function rotate(origins: readonly Origin[], start: number): readonly Origin[] {
  return start === 0 ? origins : [...origins.slice(start), ...origins.slice(0, start)];
}
