import { describe, expect, it } from "vitest";
import {
  ejectByProbe,
  expireEjections,
  recordBackend,
  recordOutcome,
  returnOrigin,
} from "../../src/core/health/outlier.ts";
import { ejectionKind, newOutlierState } from "../../src/core/health/outlier-state.ts";
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

  it.each([
    ["refused", "connect"],
    ["connect-timeout", "silent"],
  ] as const)("tells a door that is shut from a place where nobody answers: %s", (failure, kind) => {
    const state = newOutlierState();
    for (let count = 0; count < 3; count += 1) recordOutcome(state, "o", { ...REFUSED, failure }, count);
    expect(ejectionKind(state, "o")).toBe(kind);
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

describe("recordBackend()", () => {
  const bad = (peers: readonly string[], status = 500) => ({ good: false, status, peers });
  const good = (peers: readonly string[]) => ({ good: true, status: 200, peers });
  const THREE = ["a", "b", "c"];

  it("ejects after five errors in a row, and starts over after a good answer", () => {
    const state = newOutlierState();
    for (let index = 0; index < 4; index += 1) expect(recordBackend(state, "a", bad(THREE), index)).toBeNull();
    recordBackend(state, "a", good(THREE), 4);
    for (let index = 5; index < 9; index += 1) expect(recordBackend(state, "a", bad(THREE), index)).toBeNull();
    expect(recordBackend(state, "a", bad(THREE), 9)).toMatchObject({ kind: "ejected", cause: "status 500 ×5" });
  });

  it("ejects at most half of the peers, and never the last", () => {
    const state = newOutlierState();
    const fail = (name: string, peers: readonly string[]) => {
      for (let index = 0; index < 20; index += 1) recordBackend(state, name, bad(peers), 100 + index);
    };
    fail("a", THREE);
    fail("b", THREE);
    expect([...state.ejections.keys()]).toEqual(["a"]);
    fail("only", ["only"]);
    expect(state.ejections.has("only")).toBe(false);
  });

  it("ejects for three errors in ten, once there is enough to say so", () => {
    const state = newOutlierState();
    let ejectedAt = -1;
    for (let index = 0; index < 60 && ejectedAt === -1; index += 1) {
      const answer = index % 10 < 3 ? bad(["a", "b"]) : good(["a", "b"]);
      if (recordBackend(state, "a", answer, index * 10) !== null) ejectedAt = index;
    }
    expect(ejectedAt).toBeGreaterThanOrEqual(19);
    expect(state.ejections.get("a")?.cause).toMatch(/^\d+ % good of \d+ in \d+ s$/);
  });

  it("does not blame one for what its peers do as well", () => {
    const state = newOutlierState();
    for (let index = 0; index < 200; index += 1) {
      for (const name of ["a", "b"]) {
        const answer = index % 10 < 3 ? bad(["a", "b"]) : good(["a", "b"]);
        recordBackend(state, name, answer, index * 10);
      }
    }
    expect(state.ejections.size).toBeLessThanOrEqual(1);
  });

  it("keeps what flaps out a little longer each time, whatever probes say", () => {
    const state = newOutlierState();
    let nowMs = 0;
    const early: boolean[] = [];
    for (let round = 0; round < 5; round += 1) {
      for (let index = 0; index < 3; index += 1) recordOutcome(state, "o", REFUSED, nowMs);
      nowMs += 1000;
      early.push(returnOrigin(state, "o", "two good probes", nowMs) !== null);
      nowMs += 30_000;
      returnOrigin(state, "o", "two good probes", nowMs);
    }
    expect(early).toEqual([true, true, false, false, false]);
  });
});

describe("ejectByProbe()", () => {
  it("holds while probes go on failing, and runs out when they stop", () => {
    const state = newOutlierState();
    expect(ejectByProbe(state, "o", { cause: "probe: refused ×3", nowMs: 0, untilMs: 30_000 })).not.toBeNull();
    expect(ejectByProbe(state, "o", { cause: "probe: refused ×4", nowMs: 10_000, untilMs: 40_000 })).toBeNull();
    expect(expireEjections(state, 39_999)).toEqual([]);
    expect(expireEjections(state, 40_000)).toMatchObject([{ origin: "o", kind: "returned", sinceMs: 0 }]);
  });
});
