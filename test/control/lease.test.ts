import { describe, expect, it, vi } from "vitest";
import { runControl } from "../../src/control/control.ts";
import { standingLease, withLease } from "../../src/control/lease.ts";
import type { ObjectReader } from "../../src/kube/reader.ts";
import { memoryStore } from "../../src/store/memory.ts";
import { sha256Hex } from "../../src/store/signature.ts";
import type { Store } from "../../src/store/store.ts";
import { cluster, observation } from "../build/objects.ts";

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

describe("standingLease()", () => {
  const lease = (store: Store, holder: string, clock: { nowMs: number }) =>
    standingLease(store, { key: "lease/control", holder, forMs: 1000, now: () => clock.nowMs });

  it("is one holder's until it is let go or not renewed", async () => {
    const [store, clock] = [memoryStore(), { nowMs: 0 }];
    const [a, b] = [lease(store, "a", clock), lease(store, "b", clock)];
    expect([await a.isOurs(), await b.isOurs()]).toEqual([true, false]);
    clock.nowMs = 900;
    // Renewed at nine tenths, it holds for a whole one from there.
    expect([await a.isOurs(), await b.isOurs()]).toEqual([true, false]);
    clock.nowMs = 1500;
    expect(await b.isOurs()).toBe(false);
    await a.release();
    expect([await b.isOurs(), await a.isOurs()]).toEqual([true, false]);
    clock.nowMs = 2500;
    // B never came back.
    expect([await a.isOurs(), await b.isOurs()]).toEqual([true, false]);
  });

  it("lets one of two control functions write, and the other one take over", async () => {
    const [memory, clock] = [memoryStore(), { nowMs: 0 }];
    const overlays: string[] = [];
    const run = (name: string) => {
      const store: Store = {
        ...memory,
        put(key, value, condition) {
          if (key === "overlay") overlays.push(name);
          return memory.put(key, value, condition);
        },
      };
      const config: ObjectReader = {
        cluster: null,
        start: () => Promise.resolve(),
        observe: () => observation(null, { clusters: [cluster("fra")] }),
        onChange: () => undefined,
        close: () => Promise.resolve(),
      };
      const deps = { store, config, clusters: () => [], digest: sha256Hex, sign: null, verify: null, now: Date.now };
      const failed = (error: unknown) => {
        throw error;
      };
      const times = { debounceMs: 1, intervalMs: 5 };
      const more = { audience: "test", allowPrivateOrigins: true, onResult: () => undefined, onError: failed };
      return runControl(deps, { ...times, ...more, lease: lease(memory, name, clock) });
    };
    const written = (count: number) => vi.waitFor(() => expect(overlays.length).toBeGreaterThanOrEqual(count));
    const first = await run("first");
    const second = await run("second");
    await written(5);
    expect([first.isStandby(), second.isStandby()]).toEqual([false, true]);
    expect(new Set(overlays)).toEqual(new Set(["first"]));
    await first.close();
    const before = overlays.length;
    await written(before + 3);
    expect(new Set(overlays.slice(before))).toEqual(new Set(["second"]));
    await second.close();
  });
});
