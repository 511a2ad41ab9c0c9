import { describe, expect, it } from "vitest";
import { notePace, type Paces, stalledForMs } from "../../../src/core/health/stall.ts";

describe("stalledForMs()", () => {
  it("sees an origin that used to answer in 20 ms and lets five requests wait for 600 ms", () => {
    const paces: Paces = new Map();
    notePace(paces, "o", 20, 0);
    expect(stalledForMs(paces, "o", 5, 100)).toBeNull();
    expect(stalledForMs(paces, "o", 5, 699)).toBeNull();
    expect(stalledForMs(paces, "o", 5, 700)).toBe(600);
  });

  it("is patient with one whose answers take long, and with one that goes on answering", () => {
    const paces: Paces = new Map();
    notePace(paces, "slow", 3000, 0);
    stalledForMs(paces, "slow", 9, 0);
    expect(stalledForMs(paces, "slow", 9, 20_000)).toBeNull();
    notePace(paces, "busy", 10, 0);
    for (let nowMs = 0; nowMs < 5000; nowMs += 500) {
      expect(stalledForMs(paces, "busy", 9, nowMs)).toBeNull();
      notePace(paces, "busy", 10, nowMs + 1);
    }
  });

  it("does not judge few requests, none, or an origin that never answered", () => {
    const paces: Paces = new Map();
    expect(stalledForMs(paces, "new", 50, 99_999)).toBeNull();
    notePace(paces, "o", 20, 0);
    stalledForMs(paces, "o", 3, 0);
    expect(stalledForMs(paces, "o", 3, 9999)).toBeNull();
    expect(stalledForMs(paces, "o", 0, 10_000)).toBeNull();
    expect(stalledForMs(paces, "o", 9, 10_001)).toBeNull();
  });
});
