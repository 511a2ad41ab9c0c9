import { describe, expect, it } from "vitest";
import { newOutlierState, recordOutcome, returnOrigin } from "../../src/core/health/outlier.ts";
import type { AttemptOutcome } from "../../src/core/retry.ts";

const REFUSED: AttemptOutcome = { type: "failed", failure: "refused", unsent: true, detail: "" };
const GONE: AttemptOutcome = { type: "failed", failure: "client-gone", unsent: false, detail: "" };
const OK: AttemptOutcome = { type: "answered", status: 200, retryAfterMs: null };

describe("recordOutcome()", () => {
  it("ejects after three failures in a row, for longer each time", () => {
    const state = newOutlierState();
    expect(recordOutcome(state, "o", REFUSED, 0)).toBeNull();
    expect(recordOutcome(state, "o", REFUSED, 1)).toBeNull();
    expect(recordOutcome(state, "o", REFUSED, 2)).toMatchObject({ origin: "o", kind: "ejected", cause: "refused ×3" });
    expect(state.ejections.get("o")).toMatchObject({ untilMs: 30_002, count: 1 });
    recordOutcome(state, "o", REFUSED, 30_003);
    expect(state.ejections.get("o")).toMatchObject({ untilMs: 90_003, count: 2 });
  });

  it("starts over after an answer", () => {
    const state = newOutlierState();
    for (const outcome of [REFUSED, REFUSED, OK, REFUSED, REFUSED]) recordOutcome(state, "o", outcome, 0);
    expect(state.ejections.size).toBe(0);
  });

  it("does not blame an origin for a client that left", () => {
    const state = newOutlierState();
    for (let index = 0; index < 5; index += 1) recordOutcome(state, "o", GONE, 0);
    expect(state.ejections.size).toBe(0);
  });

  it("keeps origins apart", () => {
    const state = newOutlierState();
    for (const origin of ["a", "b", "a", "b"]) recordOutcome(state, origin, REFUSED, 0);
    expect(state.ejections.size).toBe(0);
  });
});

describe("returnOrigin()", () => {
  it("ends an ejection and says so once", () => {
    const state = newOutlierState();
    for (let index = 0; index < 3; index += 1) recordOutcome(state, "o", REFUSED, 0);
    expect(returnOrigin(state, "o", "two good probes")).toMatchObject({
      origin: "o",
      kind: "returned",
      cause: "two good probes",
    });
    expect(returnOrigin(state, "o", "two good probes")).toBeNull();
  });
});
