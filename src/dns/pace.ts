/**
 * How fast and how patiently a provider's API is called: token buckets below its limits, and retries with jitter of
 * what it throttles or loses (FM26). Clock, sleep and randomness are handed in; `realTime` is the one that lives.
 */

export interface Time {
  /** Monotonic milliseconds. */
  now(): number;
  sleep(ms: number): Promise<void>;
  /** In [0, 1). */
  random(): number;
}

/** The machine's own clock. */
export const realTime: Time = {
  now: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  random: () => Math.random(),
};

export interface Limit {
  readonly burst: number;
  readonly perSecond: number;
}

/** Waits until `count` tokens are there and takes them; callers are served in the order in which they came. */
export type Bucket = (count: number) => Promise<void>;

export function tokenBucket(limit: Limit, time: Time): Bucket {
  let tokens = limit.burst;
  let at = time.now();
  let last: Promise<void> = Promise.resolve();
  const take = async (count: number) => {
    // More than the bucket holds is let through when it is full, and leaves a debt.
    const wanted = Math.min(count, limit.burst);
    for (;;) {
      const now = time.now();
      tokens = Math.min(limit.burst, tokens + ((now - at) / 1000) * limit.perSecond);
      at = now;
      // A thousandth: rounding must not make us wait for nothing.
      if (tokens >= wanted - 0.001) break;
      await time.sleep(Math.ceil(((wanted - tokens) / limit.perSecond) * 1000));
    }
    tokens -= count;
  };
  return (count) => {
    last = last.then(() => take(count));
    return last;
  };
}

export type Attempt<T> =
  | { readonly done: true; readonly value: T }
  /** Worth trying again. `retryAfterMs` is what the far side asked for, or null. */
  | { readonly done: false; readonly cause: string; readonly retryAfterMs: number | null };

export interface Patience {
  /** Bound of all attempts together. */
  readonly totalMs: number;
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
}

export const PATIENCE: Patience = { totalMs: 120_000, firstDelayMs: 400, maxDelayMs: 20_000 };

/**
 * Tries until it is done or patience ends; then the last cause. Full jitter below an exponential bound, so that two
 * controls that were throttled together do not come back together.
 */
export async function patiently<T>(
  attempt: (number: number) => Promise<Attempt<T>>,
  time: Time,
  patience: Patience = PATIENCE,
): Promise<Attempt<T>> {
  const deadline = time.now() + patience.totalMs;
  for (let number = 1; ; number += 1) {
    const result = await attempt(number);
    if (result.done) return result;
    const bound = Math.min(patience.maxDelayMs, patience.firstDelayMs * 2 ** Math.min(number - 1, 20));
    const delay = Math.max(result.retryAfterMs ?? 0, Math.ceil(bound * (0.25 + 0.75 * time.random())));
    if (time.now() + delay > deadline) return result;
    await time.sleep(delay);
  }
}

/** Runs work for the same key one after the other, in the order in which it came. */
export function queueByKey(): <T>(key: string, work: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>();
  return async (key, work) => {
    const before = last.get(key) ?? Promise.resolve();
    const mine = before.then(work, work);
    const settled = mine.catch(() => undefined);
    last.set(key, settled);
    try {
      return await mine;
    } finally {
      if (last.get(key) === settled) last.delete(key);
    }
  };
}
