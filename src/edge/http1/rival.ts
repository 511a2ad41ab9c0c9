/** A connection to the next candidate beside one that is slow (`core/connect-race.ts` says when). */
import { connectRace } from "../../core/connect-race.ts";
import type { Attempts, NextAttempt } from "../attempts.ts";
import type { UpstreamFailure } from "../upstream.ts";
import { failed } from "./failures.ts";
import type { Sweep } from "./sweep.ts";
import type { UpstreamConnection } from "./upstream-connection.ts";
import type { UpstreamPool } from "./upstream-pool.ts";

export interface RivalParts {
  readonly pool: UpstreamPool;
  readonly sweep: Sweep;
  readonly attempts: Attempts;
}

export interface RivalCalls {
  readonly timeoutMs: number;
  /** It was first. */
  readonly connected: (upstream: UpstreamConnection, rival: Rival) => void;
  /** It failed, and it was the only one left. */
  readonly alone: (failure: UpstreamFailure) => void;
}

export interface Rival {
  readonly next: NextAttempt;
  readonly connecting: boolean;
  /** The first try ended like that: this one takes its place. */
  overtake(failure: UpstreamFailure): void;
  /** The cluster of the first try has connected. */
  lose(to: string): void;
  drop(): void;
}

/** Starts one when it is time; null when it is not, or when there is nobody to try. */
export function startRival({ pool, sweep, attempts }: RivalParts, forMs: number, calls: RivalCalls): Rival | null {
  const facts = attempts.race;
  if (facts === null) return null;
  const race = connectRace(facts, { candidate: facts.candidate, forMs, connected: false, racing: false });
  if (race.race !== "start") return null;
  const candidate = facts.candidates[race.candidate];
  const origin = candidate?.origins[0];
  if (candidate === undefined || origin === undefined) return null;
  const next: NextAttempt = { candidate, origin, delayMs: 0, timeoutMs: calls.timeoutMs };
  const startedMs = sweep.nowMs;
  let connecting = true;
  let alone = false;
  let giveUp: () => void = () => undefined;
  const note = (failure: UpstreamFailure, counts: boolean): void => {
    connecting = false;
    attempts.note(next, failure, { counts, durationMs: sweep.nowMs - startedMs });
  };
  const rival: Rival = {
    next,
    get connecting() {
      return connecting;
    },
    overtake(failure) {
      if (alone) return;
      alone = true;
      attempts.overtake(failure, next, race.candidate);
    },
    lose(to) {
      if (!connecting) return;
      connecting = false;
      giveUp();
      note(failed("connect-timeout", true, `${to} connected first`), false);
    },
    drop() {
      connecting = false;
      giveUp();
    },
  };
  giveUp = pool.acquire(origin, { fresh: false, connections: candidate.limits.connections }, (result) => {
    if (!connecting) {
      if (!("type" in result)) result.destroy();
      return;
    }
    if ("type" in result) {
      if (!alone) return note(result, true);
      connecting = false;
      calls.alone(result);
      return;
    }
    connecting = false;
    calls.connected(result, rival);
  });
  return rival;
}
