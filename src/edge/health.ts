/** One edge's own view of health from real traffic, and the events that tell how it came to it. */
import { addEvent } from "../core/health/events.ts";
import { type OutlierChange, recordBackend, recordOutcome } from "../core/health/outlier.ts";
import { backendKey, originKey } from "../core/health/view.ts";
import type { ForwardDecision } from "../core/decision.ts";
import type { HealthEvent } from "../core/health/model.ts";
import type { AttemptOutcome } from "../core/retry.ts";
import type { RequestEvent } from "./event.ts";
import type { EdgeState } from "./state.ts";

export interface EdgeHealthDeps {
  readonly state: EdgeState;
  readonly now: () => number;
  readonly onEvent: (event: HealthEvent) => void;
  /** Finds moves; null where there can be none, since the edge does not know its own place. */
  readonly noteChoice: ((decision: ForwardDecision, nowMs: number) => Omit<HealthEvent, "by"> | null) | null;
  /** Told how long each answer took; null where nobody asks for stalled origins. */
  readonly onAnswer: ((origin: string, durationMs: number) => void) | null;
}

export interface EdgeHealth {
  /** A try ended. */
  tried(origin: string, outcome: AttemptOutcome): void;
  /** A request ended. */
  answered(event: RequestEvent): void;
  /** Keeps an event and passes it on. */
  say(event: Omit<HealthEvent, "by">): void;
  /** Says what outlier detection changed, if anything. */
  tell(change: OutlierChange | null): void;
}

const NOBODY: readonly string[] = [];

/** Keeps `state` up to date. */
export function edgeHealth(deps: EdgeHealthDeps): EdgeHealth {
  const { state, now, noteChoice, onAnswer } = deps;
  const say = (event: Omit<HealthEvent, "by">) => {
    const full = { ...event, by: state.name };
    addEvent(state.events, full);
    deps.onEvent(full);
  };
  const tell = (change: OutlierChange | null) => {
    if (change === null) return;
    const { origin, kind, cause, sinceMs } = change;
    say({ atMs: now(), what: kind, subject: origin, cause, sinceMs, move: null });
  };
  return {
    say,
    tell,
    tried: (origin, outcome) => tell(recordOutcome(state.outliers, origin, outcome, now())),
    answered(event) {
      const { decision } = event;
      if (decision?.action !== "forward") return;
      for (const { candidate, origin, outcome, durationMs } of event.tries) {
        if (outcome.type === "failed") continue;
        const { status } = outcome;
        const good = status < 500;
        onAnswer?.(originKey(candidate.cluster, origin), durationMs);
        const key = backendKey(candidate.cluster, candidate.service);
        // Only a bad answer is compared with those of others.
        const peers = good ? NOBODY : decision.candidates.map((one) => backendKey(one.cluster, one.service));
        tell(recordBackend(state.outliers, key, { good, status, peers }, now()));
      }
      const move = noteChoice?.(decision, now()) ?? null;
      if (move !== null) say(move);
    },
  };
}
