import { describe, expect, it } from "vitest";
import { troubled, type TroubleFacts } from "./troubled.ts";

/** The same at any pace, with latencies: `node bench/bad-backends.ts`. */
const FACTS: TroubleFacts = { perSecond: 100, calmMs: 1000, troubleMs: 2000, timeoutMs: 4000, latencyMs: 20 };

// A machine that stops for half a second lets more wait than the retry budget is for.
describe("an edge whose nearest backend goes bad under load", { retry: 2 }, () => {
  it.each([
    ["killed", 1000],
    ["reset", 1000],
    ["black hole", 1000],
    // More than a second passes until silence is noticed: the budget for all who wait by then has to be there.
    ["hang", 5000],
    ["endless headers", 1000],
    ["503", 1000],
  ] as const)(
    "loses no GET and sends no POST twice: %s",
    async (trouble, calmMs) => {
      const { gets, getErrors, posts, postsTwice } = await troubled(trouble, { ...FACTS, calmMs });
      expect(gets).toBeGreaterThan(100);
      expect(posts).toBeGreaterThan(25);
      expect(getErrors).toBe(0);
      expect(postsTwice).toBe(0);
    },
    60_000,
  );

  it("takes what waits at a place where nobody answers any more elsewhere, long before its deadline", async () => {
    const facts = { ...FACTS, timeoutMs: 120_000, troubleMs: 8000 };
    // The load ends when all is answered: what waited for a deadline would wait a minute.
    const { getErrors, maxMs } = await troubled("black hole", facts);
    expect(getErrors).toBe(0);
    expect(maxMs).toBeLessThan(facts.timeoutMs / 4);
  }, 90_000);

  it("sends at most a fifth more than it was asked when all of them fail", async () => {
    const { gets, getErrors, postsTwice, perOffered } = await troubled("503", { ...FACTS, all: true });
    expect(getErrors).toBeGreaterThan(gets / 2);
    expect(postsTwice).toBe(0);
    expect(perOffered).toBeGreaterThan(1);
    expect(perOffered).toBeLessThanOrEqual(1.2);
  }, 60_000);
});
