/** Vectors of other systems: what Envoy and Route 53 document, computed in reference/steering.md §6. */
import { describe, expect, it } from "vitest";
import { effectiveWeight, priorityLoad } from "../../../src/core/steering/priority-load.ts";
import { biasedCost } from "../../../src/core/steering/ranking.ts";
import { rampShare } from "../../../src/core/steering/ramp.ts";
import { slowStartShare } from "../../../src/core/steering/slow-start.ts";

describe("priorityLoad() with over-provisioning 1.4", () => {
  it.each([
    [
      [100, 100],
      [100, 0],
    ],
    [
      [72, 72],
      [100, 0],
    ],
    [
      [71, 71],
      [99, 1],
    ],
    [
      [50, 50],
      [70, 30],
    ],
    [
      [25, 100],
      [35, 65],
    ],
    [
      [25, 25],
      [50, 50],
    ],
    [
      [50, 60],
      [70, 30],
    ],
    [
      [5, 65],
      [8, 92],
    ],
    [
      [25, 25, 100],
      [35, 35, 30],
    ],
    [
      [25, 25, 20],
      [37, 35, 28],
    ],
    [
      [0, 0],
      [0, 0],
    ],
    [
      [0, 100],
      [0, 100],
    ],
  ])("of %j is %j", (health, load) => {
    expect(priorityLoad(health, 1.4)).toEqual(load);
  });

  it("always adds up to everything when anybody has any health", () => {
    for (let a = 0; a <= 100; a += 1) {
      for (let b = 0; b <= 100; b += 7) {
        const sum = priorityLoad([a, b, 100 - a], 1.4).reduce((total, one) => total + one, 0);
        expect(sum).toBe(100);
      }
    }
  });
});

describe("effectiveWeight() of localities X:Y weighted 1:2, Y healthy", () => {
  it.each([
    [100, 33],
    [70, 33],
    [69, 33],
    [50, 26],
    [25, 15],
    [0, 0],
  ])("gives X with %i of 100 ready a share of %i", (ready, share) => {
    const [x, y] = [effectiveWeight(1, ready / 100, 1.4), effectiveWeight(2, 1, 1.4)];
    expect(Math.round((100 * x) / (x + y))).toBe(share);
  });
});

describe("biasedCost()", () => {
  it.each([
    [150, 50, 75],
    [100, 0, 100],
    [100, -50, 150],
    [100, 99, 1],
    [100, -99, 199],
  ])("of %i with bias %i is %i", (us, bias, biased) => {
    expect(biasedCost(us, bias)).toBe(biased);
  });
});

describe("slowStartShare() with a window of 60 s", () => {
  it.each([
    [0, 0.1],
    [6, 0.1],
    [15, 0.25],
    [30, 0.5],
    [60, 1],
    [61, 1],
    [-1, 1],
  ])("after %i s is %d", (seconds, share) => {
    expect(slowStartShare({ windowMs: 60_000, fromPercent: 10 }, seconds * 1000)).toBe(share);
  });
});

describe("rampShare()", () => {
  it.each([
    [0, 0.5],
    [1000, 0.5],
    [31_000, 0.75],
    [61_000, 1],
    [99_000, 1],
  ])("at %i ms is %d", (nowMs, share) => {
    expect(rampShare({ startMs: 1000, durationMs: 60_000, fromPercent: 50 }, nowMs)).toBe(share);
  });
});
