/**
 * What to try next, after which delay, or give up: a pure function of what was tried so far (DESIGN.md rules 6, 7).
 *
 * | last try ended with          | idempotent          | not idempotent |
 * |------------------------------|---------------------|----------------|
 * | failure, proven unsent       | next, at once       | next, at once  |
 * | reset, timeout, other        | next, in the budget | give up        |
 * | 502, 503, 504                | next, in the budget | give up        |
 * | 503 with Retry-After         | next, when calm     | give up        |
 * | any other answer, 429 too    | done                | done           |
 *
 * A `Retry-After` is an origin that asks for less: it is not asked again, and in a storm nobody else is asked instead.
 */
import type { Candidate } from "./decision.ts";

/** How a try failed before it had the head of an answer. */
export type AttemptFailure =
  | "refused"
  | "unreachable"
  | "reset"
  | "connect-timeout"
  | "response-timeout"
  | "name-not-found"
  | "tls"
  | "forbidden-address"
  | "client-gone"
  | "overloaded"
  | "protocol"
  | "other";

export type AttemptOutcome =
  | { readonly type: "answered"; readonly status: number; readonly retryAfterMs: number | null }
  /** `unsent` is true only where the runtime can prove that no byte of the request left. */
  | { readonly type: "failed"; readonly failure: AttemptFailure; readonly unsent: boolean; readonly detail: string };

/** One try: indexes into the decision's candidates and into that candidate's origins. */
export interface Attempt {
  readonly candidate: number;
  readonly origin: number;
  readonly outcome: AttemptOutcome;
}

export interface RetryFacts {
  readonly method: string;
  /** The whole body can be sent again (there is none, it was kept, or nothing of it was read). */
  readonly bodyKept: boolean;
  readonly candidates: readonly Candidate[];
  /** Whole time for the request and what of it is gone, in ms. */
  readonly timeoutMs: number;
  readonly elapsedMs: number;
  readonly budgetLeft: boolean;
  /** 0 ≤ random < 1, for the jitter. */
  readonly random: number;
  /** Half of the retry budget is in use: answers that ask for less are passed on, not taken elsewhere. */
  readonly storm?: boolean;
  /** Whether an origin is at its limits (`health/circuit.ts`); it is passed over as long as another has room. */
  readonly isFull?: (candidate: number, origin: number) => boolean;
}

export type NextStep =
  | {
      readonly step: "try";
      readonly candidate: number;
      readonly origin: number;
      readonly delayMs: number;
      /** Until the head of the answer has to be there. */
      readonly timeoutMs: number;
    }
  | { readonly step: "give-up"; readonly reason: string };

/** Why nothing was tried: the answer is 503, not 502. */
export const ALL_FULL = "every origin is at its limit";

/** DESIGN.md: at most 2 other clusters. */
export const MAX_OTHER_CLUSTERS = 2;
const MAX_TRIES_PER_CLUSTER = 2;
const BACKOFF_STEP_MS = 25;
const BACKOFF_CAP_MS = 250;

/**
 * RFC 9110 §10.2.3: seconds, or a date, as ms from now; null when there is none or it says nothing.
 * A date that has passed is 0.
 */
export function retryAfterMs(value: string | null, nowMs: number): number | null {
  if (value === null) return null;
  const text = value.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const date = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs);
}

/** RFC 9110 §9.2.2. TRACE is missing on purpose: it is never forwarded. */
export function isIdempotent(method: string): boolean {
  return method === "GET" || method === "HEAD" || method === "OPTIONS" || method === "PUT" || method === "DELETE";
}

/**
 * Whether a request may be sent once more to the same origin because a connection that had been used before ended
 * without a byte of an answer: most likely the origin closed it while it was idle (RFC 9112 §9.3.1).
 */
export function mayResend(method: string, bodyKept: boolean, budgetLeft: boolean): boolean {
  return isIdempotent(method) && bodyKept && budgetLeft;
}

/** The first try when there were none, otherwise what the last one allows. */
export function nextTry(facts: RetryFacts, attempts: readonly Attempt[]): NextStep {
  const last = attempts.at(-1);
  if (last === undefined) {
    if (facts.candidates.length === 0) return { step: "give-up", reason: "no candidate" };
    const first = firstWithRoom(facts);
    if (first === null) return { step: "give-up", reason: ALL_FULL };
    return step(facts, attempts, first.candidate, first.origin, 0);
  }
  const refusal = whyNotAgain(facts, last.outcome);
  if (refusal !== null) return { step: "give-up", reason: refusal };
  if (facts.elapsedMs >= facts.timeoutMs) return { step: "give-up", reason: "the request's time is up" };
  const place = nextPlace(facts, attempts, last);
  if (place === null) return { step: "give-up", reason: "no further candidate" };
  return step(facts, attempts, place.candidate, place.origin, delayMs(facts, attempts, last.outcome));
}

function whyNotAgain(facts: RetryFacts, outcome: AttemptOutcome): string | null {
  if (outcome.type === "answered") {
    if (outcome.status !== 502 && outcome.status !== 503 && outcome.status !== 504) return "answered";
    if (!isIdempotent(facts.method)) return "the method is not idempotent";
    if (outcome.retryAfterMs !== null && facts.storm === true) return "the origin asks for less, and so do others";
  } else {
    if (outcome.failure === "client-gone") return "the client is gone";
    // An unsent request adds no load anywhere, so it is free of the budget: else a dead cluster under full load
    // would cost users errors until it is ejected.
    if (outcome.unsent) return facts.bodyKept ? null : "the body is partly consumed";
    // RFC 9110 §9.2.2: a proxy must not repeat a request that is not idempotent.
    if (!isIdempotent(facts.method)) return "the method is not idempotent and bytes may have been sent";
  }
  if (!facts.bodyKept) return "the body was not kept";
  if (!facts.budgetLeft) return "the retry budget is spent";
  return null;
}

/** The first origin in order that is not at its limit. */
function firstWithRoom(facts: RetryFacts): { candidate: number; origin: number } | null {
  const { isFull } = facts;
  if (isFull === undefined) return { candidate: 0, origin: 0 };
  for (const [candidate, { origins }] of facts.candidates.slice(0, MAX_OTHER_CLUSTERS + 1).entries()) {
    for (let origin = 0; origin < origins.length; origin += 1)
      if (!isFull(candidate, origin)) return { candidate, origin };
  }
  return null;
}

/** Another origin of the same cluster when only this address seems bad, otherwise the next cluster. */
function nextPlace(
  facts: RetryFacts,
  attempts: readonly Attempt[],
  last: Attempt,
): { candidate: number; origin: number } | null {
  const nearby = otherOrigin(facts, attempts, last.candidate);
  const addressIsBad = last.outcome.type === "failed" && last.outcome.unsent;
  if (addressIsBad && nearby !== null) return { candidate: last.candidate, origin: nearby };
  for (let next = last.candidate + 1; next < facts.candidates.length && next <= MAX_OTHER_CLUSTERS; next += 1) {
    if (facts.isFull?.(next, 0) !== true) return { candidate: next, origin: 0 };
  }
  // Who asks for less is not asked again a moment later.
  const asksForLess = last.outcome.type === "answered" && last.outcome.retryAfterMs !== null;
  return nearby === null || asksForLess ? null : { candidate: last.candidate, origin: nearby };
}

function otherOrigin(facts: RetryFacts, attempts: readonly Attempt[], candidate: number): number | null {
  const tries = attempts.filter((attempt) => attempt.candidate === candidate).length;
  const origins = facts.candidates[candidate]?.origins.length ?? 0;
  return tries < MAX_TRIES_PER_CLUSTER && tries < origins ? tries : null;
}

/** No wait after a connect failure; otherwise jittered 0…(2^n − 1)·25 ms, at most 250 ms. */
function delayMs(facts: RetryFacts, attempts: readonly Attempt[], outcome: AttemptOutcome): number {
  if (outcome.type === "failed" && outcome.unsent) return 0;
  const bound = Math.min(BACKOFF_CAP_MS, (2 ** attempts.length - 1) * BACKOFF_STEP_MS);
  return Math.floor(facts.random * bound);
}

function step(
  facts: RetryFacts,
  attempts: readonly Attempt[],
  candidate: number,
  origin: number,
  delay: number,
): NextStep {
  const left = facts.timeoutMs - facts.elapsedMs - delay;
  const more = candidate + 1 < Math.min(facts.candidates.length, MAX_OTHER_CLUSTERS + 1);
  const mayMoveOn = more && facts.bodyKept && isIdempotent(facts.method) && attempts.length < MAX_OTHER_CLUSTERS;
  // Half of what is left when somebody else could still answer: a hanging cluster must not eat the whole deadline.
  const timeoutMs = Math.max(1, Math.floor(mayMoveOn ? left / 2 : left));
  return { step: "try", candidate, origin, delayMs: delay, timeoutMs };
}
