/**
 * The choice of a request that is like one before it: same backend, place and health, plain nearest. All that is left
 * to do is the client's own draw. What `choose` would say, sooner.
 */
import { keptCandidate } from "./candidates.ts";
import { type Choice, NO_BACKEND, NO_NAMES } from "./choose.ts";
import type { Candidate, Circumstances } from "./decision.ts";
import type { Held } from "./steering/held.ts";
import { addressHash } from "./steering/hash.ts";
import { draw, HOLDING, isStarting, knownDraws } from "./steering/draws.ts";
import type { Kept } from "./steering/kept.ts";
import type { PolicyIndex } from "./steering/policy-index.ts";

/** Whom the request is like, and what is its own. */
export interface Like {
  readonly kept: Kept;
  readonly policy: PolicyIndex;
  /** What the edge holds the choice to; null where nothing is held. */
  readonly held: Held | null;
  readonly circumstances: Circumstances;
  readonly limit: number;
}

/** Null where no request like this one came before, and while something is in trouble or starting. */
export function chooseKept({ kept, policy, held, circumstances, limit }: Like): Choice | null {
  const { client, seed, nowMs, vantage } = circumstances;
  const { prepared, verdicts } = kept;
  if (verdicts.panic || isStarting(policy, verdicts, nowMs)) return null;
  const draws = knownDraws(kept, held === null ? 0 : HOLDING, { limit, held, nowMs });
  if (draws === null) return null;
  const { fixed } = draws;
  const same = fixed !== null && limit === draws.limit;
  const { members } = same ? fixed : draw(draws, addressHash(client.address, seed), limit);
  const candidates: Candidate[] = [];
  for (const member of members) {
    const candidate = keptCandidate(kept, member, seed);
    if (candidate === undefined) return null;
    candidates.push(candidate);
  }
  if (candidates.length === 0) return null;
  const { group } = draws;
  return {
    candidates,
    excluded: verdicts.excluded,
    panic: false,
    passedBy: NO_NAMES,
    setPin: null,
    hold: group === null || vantage.place === null ? null : { key: prepared.holdKey, clusters: group },
    refusal: NO_BACKEND,
  };
}
