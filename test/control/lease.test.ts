import { describe, expect, it } from "vitest";
import { withLease } from "../../src/control/lease.ts";
import { memoryStore } from "../../src/store/memory.ts";

const asked = (holder: string, nowMs: number) => ({ key: "lease/a", holder, forMs: 1000, now: () => nowMs });

describe("withLease()", () => {
  it("works for one holder at a time, and for the next when the work has ended, well or badly", async () => {
    const store = memoryStore();
    const inside = await withLease(store, asked("a", 0), () => withLease(store, asked("b", 999), async () => "b"));
    expect(inside).toEqual({ held: true, result: { held: false, by: "a", untilMs: 1000 } });
    const broken = withLease(store, asked("b", 1), () => Promise.reject(new Error("broken")));
    await expect(broken).rejects.toThrow("broken");
    expect(await withLease(store, asked("c", 2), async () => "c")).toEqual({ held: true, result: "c" });
  });

  it("takes over from a holder that never came back, and leaves the lease of whoever took over alone", async () => {
    const store = memoryStore();
    const slow = await withLease(store, asked("a", 0), async () => {
      const taken = withLease(store, asked("b", 1000), () => new Promise<string>(() => undefined));
      await Promise.race([taken, new Promise((resolve) => setImmediate(resolve))]);
      return "late";
    });
    expect(slow).toEqual({ held: true, result: "late" });
    expect(await withLease(store, asked("c", 1500), async () => "c")).toEqual({ held: false, by: "b", untilMs: 2000 });
  });

  it("lets one of many begin", async () => {
    const store = memoryStore();
    const runs = Array.from({ length: 10 }, (_, index) =>
      withLease(store, asked(`run-${index}`, 0), async () => index),
    );
    expect((await Promise.all(runs)).filter(({ held }) => held)).toHaveLength(1);
  });
});
