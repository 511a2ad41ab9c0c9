/**
 * Response rate limiting, so that this server is no use to who forges the addresses of others (BIND's and NSD's RRL).
 * Equal answers to one network are counted; what is beyond the limit is dropped, and every second one says "ask over
 * TCP", which a real resolver can do and a victim does not. Constant memory; networks that fall together share a budget.
 */
import { pairHash } from "../core/steering/hash.ts";

export type RateVerdict = "send" | "truncate" | "drop";

export interface RateLimiter {
  /** `network` and `answer` are hashes: who is answered, and with what. */
  check(network: number, answer: number, nowMs: number): RateVerdict;
}

const SLOTS = 65_536;

/** At most so many equal answers a second to one network, with a burst of one second; 0 for no limit. */
export function rateLimiter(perSecond: number, seed: number): RateLimiter {
  if (perSecond === 0) return { check: () => "send" };
  const credit = new Float64Array(SLOTS).fill(perSecond);
  const sinceMs = new Float64Array(SLOTS);
  const limited = new Uint32Array(SLOTS);
  return {
    check(network, answer, nowMs) {
      // Seeded, so that nobody can compute whom they would push out.
      const slot = pairHash(network ^ seed, answer) & (SLOTS - 1);
      const passed = Math.max(0, nowMs - (sinceMs[slot] ?? 0));
      const left = Math.min(perSecond, (credit[slot] ?? 0) + (passed * perSecond) / 1000);
      sinceMs[slot] = nowMs;
      if (left >= 1) {
        credit[slot] = left - 1;
        return "send";
      }
      credit[slot] = left;
      const count = (limited[slot] ?? 0) + 1;
      limited[slot] = count;
      return count % 2 === 0 ? "truncate" : "drop";
    },
  };
}
