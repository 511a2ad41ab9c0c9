import { pause } from "./pause.ts";

export interface ListPaceOptions {
  /** Lists that may begin at once, after a quiet time. */
  readonly burst: number;
  /** Time in which one more may begin. */
  readonly perMs: number;
  readonly now: () => number;
}

/**
 * Lets lists of one API begin: a few at once, then one each `perMs`, in the order in which they asked. Whatever an API
 * answers, it is never listed in a hot loop.
 */
export function listPace({ burst, perMs, now }: ListPaceOptions): (signal: AbortSignal) => Promise<void> {
  // When the next one may begin if everybody had waited: a debt of less than `burst` intervals is forgiven.
  let nextMs = 0;
  return async (signal) => {
    const nowMs = now();
    nextMs = Math.max(nextMs, nowMs) + perMs;
    const waitMs = nextMs - burst * perMs - nowMs;
    if (waitMs > 0) await pause(waitMs, signal);
  };
}
