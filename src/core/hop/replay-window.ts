/**
 * Nonces seen so far, so that a signed request is served once. A signature is good for 30 s before and after its time;
 * nonces are kept in two halves of 60 s each, which covers that span and forgets without a timer.
 */

/** How far the clocks of edge and gateway may be apart, the way included. */
export const HOP_VALID_SECONDS = 30;
const HALF_SECONDS = 2 * HOP_VALID_SECONDS;

export type HopVerdict = "fresh" | "expired" | "from-the-future" | "replayed" | "too-many";

export interface ReplayWindow {
  /** Judges a verified signature and remembers its nonce when it is fresh. */
  judge(atSeconds: number, nonce: string, nowSeconds: number): HopVerdict;
}

/**
 * `maxNonces` bounds each half: a gateway that is sent more refuses until the half is over, since forgetting early
 * would let an attacker replay by flooding.
 */
export function replayWindow(maxNonces: number = 1_000_000): ReplayWindow {
  let current = new Set<string>();
  let previous = new Set<string>();
  let half = 0;
  return {
    judge(atSeconds, nonce, nowSeconds) {
      if (atSeconds < nowSeconds - HOP_VALID_SECONDS) return "expired";
      if (atSeconds > nowSeconds + HOP_VALID_SECONDS) return "from-the-future";
      const now = Math.floor(nowSeconds / HALF_SECONDS);
      if (now !== half) {
        // A clock that went backwards keeps what it has: forgetting is the only mistake that costs.
        if (now > half) {
          previous = now === half + 1 ? current : new Set();
          current = new Set();
        }
        half = Math.max(half, now);
      }
      if (current.has(nonce) || previous.has(nonce)) return "replayed";
      if (current.size >= maxNonces) return "too-many";
      current.add(nonce);
      return "fresh";
    },
  };
}
