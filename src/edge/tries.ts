/** Carries a forward decision out: one candidate after the other, as the retry policy says, until one answers. */
import { originKey } from "../core/health/view.ts";
import type { ForwardDecision } from "../core/model.ts";
import { countLoad, whyFull } from "../core/health/circuit.ts";
import {
  type Attempt,
  type AttemptOutcome,
  isRetryStorm,
  nextTry,
  retryAfterMs,
  retryBudgetLeft,
} from "../core/retry.ts";
import type { Try } from "./event.ts";
import { firstHeader, type HeaderField } from "./message.ts";
import type { RequestBody } from "./request-body.ts";
import type { EdgeState } from "./state.ts";
import type { Upstream, UpstreamAnswer, UpstreamFailure } from "./upstream.ts";

export interface TryDeps {
  readonly upstream: Upstream;
  readonly now: () => number;
  readonly random: () => number;
  /** Told of the outcome of each try, for outlier detection. */
  readonly onOutcome: (origin: string, outcome: AttemptOutcome) => void;
}

export interface TryRequest {
  readonly method: string;
  readonly headers: readonly HeaderField[];
  readonly body: RequestBody;
  /** Host that the client asked for, with its port. */
  readonly publicHost: string;
  readonly signal: AbortSignal;
}

export interface TryResult {
  readonly last: UpstreamAnswer | UpstreamFailure;
  readonly gaveUp: string;
}

/** Tries until an answer stays. `tries` is filled on the way, so that it is complete whatever happens. */
export async function carryOut(
  decision: ForwardDecision,
  request: TryRequest,
  state: EdgeState,
  deps: TryDeps,
  tries: Try[],
): Promise<TryResult> {
  const startedMs = deps.now();
  const attempts: Attempt[] = [];
  let last: UpstreamAnswer | UpstreamFailure = { type: "failed", failure: "other", unsent: true, detail: "no try" };
  let retrying = false;
  try {
    for (;;) {
      const facts = {
        method: request.method,
        bodyKept: request.body.replayable(),
        candidates: decision.candidates,
        timeoutMs: decision.timeoutMs,
        elapsedMs: deps.now() - startedMs,
        budgetLeft: retryBudgetLeft(state.liveRequests, state.liveRetries),
        random: deps.random(),
        storm: isRetryStorm(state.liveRequests, state.liveRetries),
        isFull: (candidate: number, origin: number) => isFull(state, decision, candidate, origin),
      };
      const next = nextTry(facts, attempts);
      if (next.step === "give-up") {
        // Nothing was tried, because everything is at its limit: shed (FM34) instead of queueing without end.
        if (attempts.length === 0) last = { type: "failed", failure: "overloaded", unsent: true, detail: next.reason };
        return { last, gaveUp: next.reason };
      }
      if (attempts.length > 0 && !retrying) {
        retrying = true;
        state.liveRetries += 1;
      }
      // An answer that is moved on from must not hold its connection.
      if (last.type === "answer") last.body?.cancel().catch(() => undefined);
      if (next.delayMs > 0) await pause(next.delayMs, request.signal);
      const candidate = decision.candidates[next.candidate];
      const origin = candidate?.origins[next.origin];
      if (candidate === undefined || origin === undefined) return { last, gaveUp: "no further candidate" };
      const triedMs = deps.now();
      const key = originKey(candidate.cluster, origin);
      countLoad(state.circuits, key, "requests", 1);
      last = await deps.upstream.send(
        origin,
        {
          method: request.method,
          target: decision.forwardPath,
          host: hostFor(origin.host, origin.connectHost, request.publicHost),
          headers: request.headers,
          body: request.body.content,
          bodyLength: request.body.length,
        },
        { connectTimeoutMs: next.connectTimeoutMs, responseTimeoutMs: next.timeoutMs, signal: request.signal },
      );
      countLoad(state.circuits, key, "requests", -1);
      const outcome = outcomeOf(last, deps.now());
      attempts.push({ candidate: next.candidate, origin: next.origin, outcome });
      tries.push({ candidate, origin, outcome, durationMs: deps.now() - triedMs });
      deps.onOutcome(key, outcome);
    }
  } finally {
    if (retrying) state.liveRetries -= 1;
  }
}

function isFull(state: EdgeState, decision: ForwardDecision, candidate: number, origin: number): boolean {
  const one = decision.candidates[candidate];
  const where = one?.origins[origin];
  return one !== undefined && where !== undefined && whyFull(state.circuits, originKey(one.cluster, where)) !== null;
}

function outcomeOf(result: UpstreamAnswer | UpstreamFailure, nowMs: number): AttemptOutcome {
  if (result.type === "failed")
    return { type: "failed", failure: result.failure, unsent: result.unsent, detail: result.detail };
  return {
    type: "answered",
    status: result.status,
    retryAfterMs: retryAfterMs(firstHeader(result.headers, "retry-after"), nowMs),
  };
}

/** `public` is what the client asked for, `origin` the origin's own name, anything else is meant literally. */
function hostFor(rule: string, connectHost: string, publicHost: string): string {
  if (rule === "public") return publicHost;
  return rule === "origin" ? connectHost : rule;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}
