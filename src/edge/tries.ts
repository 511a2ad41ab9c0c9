/** Carries a forward decision out: one candidate after the other, as the retry policy says, until one answers. */
import type { ForwardDecision } from "../core/decision.ts";
import { ALL_FULL } from "../core/retry.ts";
import { type AttemptDeps, Attempts } from "./attempts.ts";
import type { Try } from "./event.ts";
import type { HeaderField } from "./message.ts";
import type { RequestBody } from "./request-body.ts";
import type { EdgeState } from "./state.ts";
import type { Upstream, UpstreamAnswer, UpstreamFailure } from "./upstream.ts";

const CONNECT_TIMEOUT_MS = 1000;

export interface TryDeps extends AttemptDeps {
  readonly upstream: Upstream;
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
  const attempts = new Attempts(decision, request.method, { state, deps, tries });
  let last: UpstreamAnswer | UpstreamFailure = { type: "failed", failure: "other", unsent: true, detail: "no try" };
  try {
    for (;;) {
      const next = attempts.next(request.body.replayable());
      if (typeof next === "string") {
        if (next === ALL_FULL) last = { type: "failed", failure: "overloaded", unsent: true, detail: next };
        return { last, gaveUp: next };
      }
      // An answer that is moved on from must not hold its connection.
      if (last.type === "answer") last.body?.cancel().catch(() => undefined);
      if (next.delayMs > 0) await pause(next.delayMs, request.signal);
      const { origin } = next;
      last = await deps.upstream.send(
        origin,
        {
          method: request.method,
          target: decision.forwardPath,
          host: hostFor(origin.host, origin.connectHost, request.publicHost),
          publicHost: request.publicHost,
          backend: next.candidate.service,
          headers: request.headers,
          body: request.body.content,
          bodyLength: request.body.length,
        },
        { connectTimeoutMs: CONNECT_TIMEOUT_MS, responseTimeoutMs: next.timeoutMs, signal: request.signal },
      );
      if (last.type === "answer") attempts.recordAnswer(last.status, last.headers);
      else attempts.record(last);
    }
  } finally {
    attempts.end();
  }
}

/** `public` is what the client asked for, `origin` the origin's own name, anything else is meant literally. */
export function hostFor(rule: string, connectHost: string, publicHost: string): string {
  if (rule === "public") return publicHost;
  return rule === "origin" ? connectHost : rule;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  const either = AbortSignal.any([signal, AbortSignal.timeout(ms)]);
  if (either.aborted) return;
  await new Promise<void>((resolve) => either.addEventListener("abort", () => resolve()));
}
