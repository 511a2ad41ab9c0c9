import { pause } from "./pause.ts";

/** Growing pauses between attempts: a fresh one is short, and many clients never come back at the same moment. */
export interface Backoff {
  /**
   * Pauses before the next attempt: half to all of `baseMs · 2^failures`, at most `capMs`, or at least as long as
   * the server asked for. Resolves early when the signal aborts; never rejects.
   */
  wait(retryAfterMs: number | null, signal: AbortSignal): Promise<void>;
  /** Attempts failed since the last success. */
  readonly failures: number;
  succeeded(): void;
}

export interface BackoffOptions {
  readonly baseMs: number;
  readonly capMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** A back-off without failures yet. */
export function backoff({ baseMs, capMs, random }: BackoffOptions): Backoff {
  let failures = 0;
  return {
    get failures() {
      return failures;
    },
    succeeded: () => void (failures = 0),
    wait(retryAfterMs, signal) {
      const whole = Math.min(capMs, baseMs * 2 ** Math.min(failures, 20));
      failures += 1;
      return pause(Math.max(retryAfterMs ?? 0, 0) + whole * (0.5 + random() / 2), signal);
    },
  };
}
