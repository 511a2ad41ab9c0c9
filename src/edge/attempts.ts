/** The tries of one request as the retry policy sees them: what comes next, and what became of it. */
import { type CircuitLimits, countUnderWay, fullLimit } from "../core/health/circuit.ts";
import { ejectionKind } from "../core/health/outlier-state.ts";
import { originKey } from "../core/health/view.ts";
import type { Candidate, ForwardDecision } from "../core/decision.ts";
import type { Origin } from "../core/model.ts";
import {
  type Attempt,
  type AttemptOutcome,
  isIdempotent,
  nextTry,
  retryAfterMs,
  type RetryFacts,
} from "../core/retry.ts";
import { countRequest, countRetry, isRetryStorm, retryBudgetLeft } from "../core/retry-budget.ts";
import type { Try } from "./event.ts";
import { firstHeader, type HeaderField } from "./message.ts";
import type { EdgeState } from "./state.ts";

export interface AttemptDeps {
  readonly now: () => number;
  readonly random: () => number;
  /** Told of the outcome of each try, for outlier detection. */
  readonly onOutcome: (origin: string, outcome: AttemptOutcome) => void;
  /** What is under way at an origin, over all requests; left out where the runtime keeps its connections to itself. */
  readonly originLoad?: (origin: Origin) => CircuitLimits;
  /** Told when an origin is passed over because it is at a limit. */
  readonly onFull?: (cluster: string, limit: keyof CircuitLimits) => void;
}

export interface RaceFacts extends Pick<RetryFacts, "candidates" | "budgetLeft" | "storm" | "isFull"> {
  /** Index of the candidate that is being connected to. */
  readonly candidate: number;
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
  #current: (NextAttempt & { readonly place: { readonly candidate: number; readonly origin: number } }) | null = null;
  #triedMs = 0;
  /** Key of the origin where the request is under way. */
  #at: string | null = null;

  /** `tries` is filled on the way, so that it is complete whatever happens. */
  constructor(decision: ForwardDecision, method: string, more: { state: EdgeState; deps: AttemptDeps; tries: Try[] }) {
    this.#decision = decision;
    this.#method = method;
    this.#state = more.state;
    this.#deps = more.deps;
    this.#tries = more.tries;
    this.#startedMs = more.deps.now();
    countRequest(this.#state.retries, this.#startedMs);
  }

  /** Where to try next, or the reason why nowhere. */
  next(bodyKept: boolean): NextAttempt | string {
    const { candidates, timeoutMs } = this.#decision;
    const nowMs = this.#deps.now();
    const facts = {
      method: this.#method,
      bodyKept,
      candidates,
      timeoutMs,
      elapsedMs: nowMs - this.#startedMs,
      budgetLeft: retryBudgetLeft(this.#state.retries, nowMs),
      random: this.#deps.random(),
      storm: isRetryStorm(this.#state.retries, nowMs),
      isFull: this.#isFull,
    };
    const next = nextTry(facts, this.#attempts);
    if (next.step === "give-up") return next.reason;
    const candidate = candidates[next.candidate];
    const origin = candidate?.origins[next.origin];
    if (candidate === undefined || origin === undefined) return "no further candidate";
    const last = this.#attempts.at(-1)?.outcome;
    // A try that was not sent adds no load anywhere.
    if (last !== undefined && !(last.type === "failed" && last.unsent)) this.countRetry();
    const { delayMs, timeoutMs: tryMs } = next;
    this.#current = { place: next, candidate, origin, delayMs, timeoutMs: tryMs };
    this.#triedMs = nowMs + delayMs;
    this.#leave();
    this.#at = originKey(candidate.cluster, origin);
    countUnderWay(this.#state.circuits, this.#at, 1);
    return this.#current;
  }

  /** Outcome of the try that `next` named. */
  record(outcome: AttemptOutcome): void {
    if (this.#current === null) return;
    this.#leave();
    const { place, candidate, origin } = this.#current;
    this.#attempts.push({ candidate: place.candidate, origin: place.origin, outcome });
    this.#tries.push({ candidate, origin, outcome, durationMs: Math.max(0, this.#deps.now() - this.#triedMs) });
    this.#deps.onOutcome(originKey(candidate.cluster, origin), outcome);
  }

  /** An answer, with its `Retry-After` where that asks for less. */
  recordAnswer(status: number, fields: readonly HeaderField[]): void {
    const less = status === 503 ? retryAfterMs(firstHeader(fields, "retry-after"), this.#deps.now()) : null;
    this.record({ type: "answered", status, retryAfterMs: less });
  }

  budgetLeft(): boolean {
    return retryBudgetLeft(this.#state.retries, this.#deps.now());
  }

  /** One more retry is sent. */
  countRetry(): void {
    countRetry(this.#state.retries, this.#deps.now());
  }

  /** What is true for a second connection beside the one that is waited for; null when none is. */
  get race(): RaceFacts | null {
    if (this.#current === null) return null;
    const { retries } = this.#state;
    const { candidates } = this.#decision;
    const storm = isRetryStorm(retries, this.#deps.now());
    const { place } = this.#current;
    return { candidates, candidate: place.candidate, budgetLeft: this.budgetLeft(), storm, isFull: this.#isFull };
  }

  /** The try that `next` named ended like that, and the one to this candidate, begun beside it, takes its place. */
  overtake(failure: AttemptOutcome, rival: NextAttempt, candidate: number): void {
    this.record(failure);
    this.#current = { ...rival, place: { candidate, origin: 0 } };
    this.#triedMs = this.#deps.now();
    this.#at = originKey(rival.candidate.cluster, rival.origin);
    countUnderWay(this.#state.circuits, this.#at, 1);
  }

  /** A try beside the one that goes on has ended; `counts` when that says something about its origin. */
  note(
    { candidate, origin }: NextAttempt,
    outcome: AttemptOutcome,
    more: { counts: boolean; durationMs: number },
  ): void {
    this.#tries.push({ candidate, origin, outcome, durationMs: more.durationMs });
    if (more.counts) this.#deps.onOutcome(originKey(candidate.cluster, origin), outcome);
  }

  /** Whether nothing answers any more where this request waits, and it may be sent elsewhere. */
  isStalled(): boolean {
    const { ejections } = this.#state.outliers;
    if (ejections.size === 0 || this.#at === null || !isIdempotent(this.#method)) return false;
    const ejection = ejections.get(this.#at);
    if (ejection === undefined || ejection.sinceMs < this.#triedMs) return false;
    // As many at a time as the budget lets go elsewhere; the others wait a little longer instead of failing.
    if (this.#decision.candidates.length < 2 || !this.budgetLeft()) return false;
    const kind = ejectionKind(this.#state.outliers, this.#at);
    return kind === "answer" || kind === "silent";
  }

  end(): void {
    this.#leave();
  }

  #leave(): void {
    if (this.#at !== null) countUnderWay(this.#state.circuits, this.#at, -1);
    this.#at = null;
  }

  readonly #isFull = (candidate: number, origin: number): boolean => {
    const one = this.#decision.candidates[candidate];
    const where = one?.origins[origin];
    if (one === undefined || where === undefined) return false;
    const limit = fullLimit(this.#deps.originLoad?.(where) ?? this.#known(originKey(one.cluster, where)), one.limits);
    if (limit === null) return false;
    this.#deps.onFull?.(one.cluster, limit);
    return true;
  };

  #known(origin: string): CircuitLimits {
    return { connections: 0, pending: 0, requests: this.#state.circuits.get(origin) ?? 0 };
  }
}
