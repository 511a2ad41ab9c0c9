/** The tries of one request as the retry policy sees them: what comes next, and what became of it. */
import { originKey } from "../core/health/view.ts";
import type { Candidate, ForwardDecision, Origin } from "../core/model.ts";
import { type Attempt, type AttemptOutcome, nextTry, retryBudgetLeft } from "../core/retry.ts";
import type { Try } from "./event.ts";
import type { EdgeState } from "./state.ts";

export interface AttemptDeps {
  readonly now: () => number;
  readonly random: () => number;
  /** Told of the outcome of each try, for outlier detection. */
  readonly onOutcome: (origin: string, outcome: AttemptOutcome) => void;
}

export interface NextAttempt {
  readonly candidate: Candidate;
  readonly origin: Origin;
  readonly delayMs: number;
  /** Until the head of the answer has to be there. */
  readonly timeoutMs: number;
}

/** `next` and `record` by turns, and `end` once, whatever happened. */
export class Attempts {
  readonly #decision: ForwardDecision;
  readonly #method: string;
  readonly #state: EdgeState;
  readonly #deps: AttemptDeps;
  readonly #tries: Try[];
  readonly #startedMs: number;
  readonly #attempts: Attempt[] = [];
  #retrying = false;
  #current: (NextAttempt & { readonly place: { readonly candidate: number; readonly origin: number } }) | null = null;
  #triedMs = 0;

  /** `tries` is filled on the way, so that it is complete whatever happens. */
  constructor(decision: ForwardDecision, method: string, more: { state: EdgeState; deps: AttemptDeps; tries: Try[] }) {
    this.#decision = decision;
    this.#method = method;
    this.#state = more.state;
    this.#deps = more.deps;
    this.#tries = more.tries;
    this.#startedMs = more.deps.now();
  }

  /** Where to try next, or the reason why nowhere. */
  next(bodyKept: boolean): NextAttempt | string {
    const { candidates, timeoutMs } = this.#decision;
    const facts = {
      method: this.#method,
      bodyKept,
      candidates,
      timeoutMs,
      elapsedMs: this.#deps.now() - this.#startedMs,
      budgetLeft: this.budgetLeft(),
      random: this.#deps.random(),
    };
    const next = nextTry(facts, this.#attempts);
    if (next.step === "give-up") return next.reason;
    const candidate = candidates[next.candidate];
    const origin = candidate?.origins[next.origin];
    if (candidate === undefined || origin === undefined) return "no further candidate";
    if (this.#attempts.length > 0) this.countRetry();
    const { delayMs, timeoutMs: tryMs } = next;
    this.#current = { place: next, candidate, origin, delayMs, timeoutMs: tryMs };
    this.#triedMs = this.#deps.now() + delayMs;
    return this.#current;
  }

  /** Outcome of the try that `next` named. */
  record(outcome: AttemptOutcome): void {
    if (this.#current === null) return;
    const { place, candidate, origin } = this.#current;
    this.#attempts.push({ candidate: place.candidate, origin: place.origin, outcome });
    this.#tries.push({ candidate, origin, outcome, durationMs: Math.max(0, this.#deps.now() - this.#triedMs) });
    this.#deps.onOutcome(originKey(candidate.cluster, origin), outcome);
  }

  budgetLeft(): boolean {
    return retryBudgetLeft(this.#state.liveRequests, this.#state.liveRetries);
  }

  /** Takes this request's place in the retry budget, once. */
  countRetry(): void {
    if (this.#retrying) return;
    this.#retrying = true;
    this.#state.liveRetries += 1;
  }

  end(): void {
    if (!this.#retrying) return;
    this.#retrying = false;
    this.#state.liveRetries -= 1;
  }
}
