import { describe, expect, it } from "vitest";
import { packBatches } from "../../src/dns/batches.ts";
import { type Attempt, patiently, queueByKey, tokenBucket } from "../../src/dns/pace.ts";
import { virtualTime } from "./virtual-time.ts";

describe("tokenBucket()", () => {
  it("never lets more through than the burst and the rate together", async () => {
    const time = virtualTime();
    const take = tokenBucket({ burst: 5, perSecond: 10 }, time);
    const passedAt: number[] = [];
    for (let index = 0; index < 50; index += 1) {
      await take(1);
      passedAt.push(time.now());
    }
    for (const [from, start] of passedAt.entries()) {
      const within = passedAt.filter((at, index) => index >= from && at < start + 1000).length;
      expect(within).toBeLessThanOrEqual(5 + 10);
    }
    expect(time.slept()).toBeGreaterThanOrEqual(4400);
    expect(time.slept()).toBeLessThanOrEqual(5000);
  });

  it("lets through what is larger than itself, and makes the next wait for it", async () => {
    const time = virtualTime();
    const take = tokenBucket({ burst: 10, perSecond: 10 }, time);
    await take(30);
    expect(time.slept()).toBe(0);
    await take(10);
    expect(time.slept()).toBeGreaterThanOrEqual(3000);
  });

  it("serves callers in the order in which they came", async () => {
    const take = tokenBucket({ burst: 1, perSecond: 100 }, virtualTime());
    const order: number[] = [];
    await Promise.all([1, 2, 3, 4].map((one) => take(1).then(() => order.push(one))));
    expect(order).toEqual([1, 2, 3, 4]);
  });
});

describe("patiently()", () => {
  const again: Attempt<string> = { done: false, cause: "too busy", retryAfterMs: null };

  it("gives up with the last cause before its time is over", async () => {
    const time = virtualTime();
    let attempts = 0;
    const patience = { totalMs: 10_000, firstDelayMs: 100, maxDelayMs: 2000 };
    const result = await patiently<string>(
      async (number) => {
        attempts = number;
        return again;
      },
      time,
      patience,
    );
    expect(result).toEqual(again);
    expect(time.slept()).toBeLessThanOrEqual(10_000);
    expect(attempts).toBeGreaterThan(5);
  });

  it("waits as long as the far side asks for", async () => {
    const time = virtualTime();
    await patiently(
      async (number) => (number === 1 ? { ...again, retryAfterMs: 30_000 } : { done: true, value: "" }),
      time,
    );
    expect(time.slept()).toBe(30_000);
  });

  it("does not come back at the same moment as another that was turned away with it", async () => {
    const delays = await Promise.all(
      [1, 2].map(async (seed) => {
        const time = virtualTime(seed * 7919);
        await patiently(async (number) => (number < 4 ? again : { done: true, value: "" }), time);
        return time.slept();
      }),
    );
    expect(delays[0]).not.toBe(delays[1]);
  });
});

describe("queueByKey()", () => {
  it("runs one at a time for a key, whatever becomes of the one before", async () => {
    const inTurn = queueByKey();
    let running = 0;
    const work = async (fails: boolean) => {
      running += 1;
      expect(running).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      if (fails) throw new Error("no luck");
    };
    const results = await Promise.allSettled([true, false, true].map((fails) => inTurn("zone", () => work(fails))));
    expect(results.map((one) => one.status)).toEqual(["rejected", "fulfilled", "rejected"]);
  });
});

describe("packBatches()", () => {
  const cost = (size: number) => ({ changes: size, values: size, bytes: size });

  it.each([
    [[2, 2, 2, 2, 2], 5, [[2, 2], [2, 2], [2]]],
    [[5], 5, [[5]]],
    [[1, 9, 1], 5, [[1], [9], [1]]],
    [[], 5, []],
  ])("packs %j into %i as %j", (groups, limit, expected) => {
    expect(packBatches(groups, cost, cost(limit))).toEqual(expected);
  });
});
