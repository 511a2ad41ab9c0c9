import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  countRequest,
  countRetry,
  isRetryStorm,
  newRetryBudget,
  retryBudgetLeft,
} from "../../src/core/retry-budget.ts";

/** Sends as many retries as fit. */
function drain(budget: ReturnType<typeof newRetryBudget>, nowMs: number): number {
  let sent = 0;
  for (; retryBudgetLeft(budget, nowMs) && sent < 10_000; sent += 1) countRetry(budget, nowMs);
  return sent;
}

describe("retryBudgetLeft()", () => {
  it("allows 30, then a fifth of the requests of the last ten seconds", () => {
    const budget = newRetryBudget();
    expect(drain(budget, 1000)).toBe(30);
    for (let index = 0; index < 1000; index += 1) countRequest(budget, 2000);
    expect(drain(budget, 2000)).toBe(170);
    expect(drain(budget, 10_999)).toBe(0);
    // The 30 of the first second have passed, then everything has.
    expect(drain(budget, 11_000)).toBe(30);
    expect(drain(budget, 30_000)).toBe(30);
  });

  it("is never more than a fifth of what came, whatever the times", () => {
    const step = fc.record({ gapMs: fc.nat(4000), requests: fc.nat(500) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const budget = newRetryBudget();
        const log: { second: number; requests: number; retries: number }[] = [];
        let nowMs = 5000;
        for (const { gapMs, requests } of steps) {
          nowMs += gapMs;
          for (let index = 0; index < requests; index += 1) countRequest(budget, nowMs);
          const retries = drain(budget, nowMs);
          log.push({ second: Math.floor(nowMs / 1000), requests, retries });
          const window = log.filter(({ second }) => second > Math.floor(nowMs / 1000) - 10);
          const sum = (pick: (one: { requests: number; retries: number }) => number) =>
            window.reduce((total, one) => total + pick(one), 0);
          const came = sum((one) => one.requests);
          // What was sent stays sent when the requests that allowed it have left the window.
          if (retries > 0) expect(sum((one) => one.retries)).toBeLessThanOrEqual(Math.max(30, came / 5));
          expect(retryBudgetLeft(budget, nowMs)).toBe(false);
        }
      }),
    );
  });

  it("stays where it is when the clock is set back", () => {
    const budget = newRetryBudget();
    expect(drain(budget, 100_000)).toBe(30);
    expect(drain(budget, 50_000)).toBe(0);
    expect(drain(budget, 110_000)).toBe(30);
  });
});

describe("isRetryStorm()", () => {
  it("is more than half of the budget", () => {
    const budget = newRetryBudget();
    for (let index = 0; index < 15; index += 1) countRetry(budget, 0);
    expect(isRetryStorm(budget, 0)).toBe(false);
    countRetry(budget, 0);
    expect(isRetryStorm(budget, 0)).toBe(true);
  });
});
