import { array, assert, double, integer, property, tuple } from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addSample,
  DWELL_MS,
  type Held,
  hold,
  newWindow,
  windowedMinimum,
} from "../../../src/core/health/round-trip.ts";

describe("windowedMinimum()", () => {
  it("needs three samples, leaves out the first and forgets what is old", () => {
    const window = newWindow();
    for (const [index, us] of [1, 40_000, 30_000].entries()) addSample(window, us, index);
    expect(windowedMinimum(window, 10)).toBeNull();
    addSample(window, 50_000, 3);
    expect(windowedMinimum(window, 10)).toEqual({ us: 30_000, samples: 3, observedAtMs: 3 });
    expect(windowedMinimum(window, 600_004)).toBeNull();
  });

  it("follows a way that became longer once the window has passed", () => {
    const window = newWindow();
    for (let index = 0; index < 7; index += 1) addSample(window, 10_000, index);
    for (let index = 7; index < 12; index += 1) addSample(window, 90_000, index);
    expect(windowedMinimum(window, 12)?.us).toBe(10_000);
    addSample(window, 90_000, 12);
    expect(windowedMinimum(window, 12)?.us).toBe(90_000);
  });
});

describe("hold()", () => {
  it("keeps its value within max(5 ms, 10 %) and moves beyond", () => {
    const at = (us: number, held: Held | null) => hold(held, us, { nowMs: 1_000_000, dwellMs: DWELL_MS });
    const held = at(20_000, null);
    expect(at(24_999, held)).toBe(held);
    expect(at(25_001, held).us).toBe(25_001);
    const far = at(200_000, null);
    expect(at(219_000, far)).toBe(far);
    expect(at(221_000, far).us).toBe(221_000);
  });

  it("never changes the order of two ways whose measurements differ by noise of ±10 %", () => {
    assert(
      property(
        integer({ min: 1000, max: 300_000 }),
        integer({ min: 1000, max: 300_000 }),
        array(tuple(double({ min: 0.9, max: 1.1, noNaN: true }), double({ min: 0.9, max: 1.1, noNaN: true })), {
          minLength: 60,
          maxLength: 400,
        }),
        (one, other, noise) => {
          const windows = [newWindow(), newWindow()] as const;
          const held: (Held | null)[] = [null, null];
          let choice = -1;
          const changes: number[] = [];
          for (const [index, factors] of noise.entries()) {
            const nowMs = index * 10_000;
            for (const way of [0, 1] as const) {
              addSample(windows[way], Math.round((way === 0 ? one : other) * factors[way]), nowMs);
              const best = windowedMinimum(windows[way], nowMs);
              if (best !== null) held[way] = hold(held[way] ?? null, best.us, { nowMs, dwellMs: DWELL_MS });
            }
            const [a, b] = held;
            if (a == null || b == null) continue;
            const next = a.us <= b.us ? 0 : 1;
            if (choice !== -1 && next !== choice) changes.push(nowMs);
            choice = next;
          }
          // At most one change a minute and pair, and in all at most the settling of the first windows.
          for (const [index, atMs] of changes.entries()) {
            expect(atMs - (changes[index - 1] ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(DWELL_MS);
          }
          expect(changes.length).toBeLessThanOrEqual(2);
        },
      ),
      { numRuns: 300, seed: 20_261_124 },
    );
  });
});
