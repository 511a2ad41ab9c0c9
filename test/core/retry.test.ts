import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS } from "../../src/core/health/circuit.ts";
import { connectPatienceMs, connectRace } from "../../src/core/connect-race.ts";
import type { Candidate } from "../../src/core/decision.ts";
import { type Attempt, type AttemptOutcome, nextTry, retryAfterMs } from "../../src/core/retry.ts";

const origin = (host: string) => ({
  connectHost: host,
  port: 80,
  protocol: "http" as const,
  serverName: null,
  ca: null,
  host: "public",
  allowedCidrs: [],
  signed: false,
});

function candidate(cluster: string, origins = 1): Candidate {
  const list = Array.from({ length: origins }, (_, index) => origin(`${cluster}-${index}`));
  return {
    cluster,
    service: "default/shop/80",
    costUs: 0,
    basis: "distance",
    panic: null,
    limits: DEFAULT_LIMITS,
    origins: list,
  };
}

const THREE = [candidate("us"), candidate("eu"), candidate("asia")];
const REFUSED: AttemptOutcome = { type: "failed", failure: "refused", unsent: true, detail: "" };
const RESET: AttemptOutcome = { type: "failed", failure: "reset", unsent: false, detail: "" };
const TIMEOUT: AttemptOutcome = { type: "failed", failure: "response-timeout", unsent: false, detail: "" };
const answered = (status: number): AttemptOutcome => ({ type: "answered", status, retryAfterMs: null });

function next(
  method: string,
  outcomes: readonly AttemptOutcome[],
  more: {
    bodyKept?: boolean;
    budgetLeft?: boolean;
    candidates?: readonly Candidate[];
    elapsedMs?: number;
    storm?: boolean;
    isFull?: (candidate: number) => boolean;
  } = {},
) {
  const attempts = outcomes.map((outcome, index): Attempt => ({ candidate: index, origin: 0, outcome }));
  const facts = {
    method,
    bodyKept: true,
    candidates: THREE,
    timeoutMs: 1000,
    elapsedMs: 0,
    budgetLeft: true,
    random: 0.5,
    ...more,
  };
  return nextTry(facts, attempts);
}

describe("nextTry()", () => {
  it("begins with the first candidate", () => {
    expect(next("GET", [])).toMatchObject({ step: "try", candidate: 0, origin: 0, delayMs: 0 });
  });

  it.each([
    ["GET", REFUSED, "try"],
    ["GET", RESET, "try"],
    ["GET", TIMEOUT, "try"],
    ["GET", answered(502), "try"],
    ["GET", answered(503), "try"],
    ["GET", answered(504), "try"],
    ["GET", answered(500), "give-up"],
    ["GET", answered(404), "give-up"],
    ["GET", answered(429), "give-up"],
    ["PUT", RESET, "try"],
    ["POST", REFUSED, "try"],
    ["POST", RESET, "give-up"],
    ["POST", TIMEOUT, "give-up"],
    ["POST", answered(503), "give-up"],
    ["PATCH", RESET, "give-up"],
  ] as const)("%s after %o: %s", (method, outcome, step) => {
    expect(next(method, [outcome]).step).toBe(step);
  });

  it("tries at most two other clusters", () => {
    const four = [...THREE, candidate("africa")];
    expect(next("GET", [REFUSED, REFUSED], { candidates: four })).toMatchObject({ step: "try", candidate: 2 });
    expect(next("GET", [REFUSED, REFUSED, REFUSED], { candidates: four }).step).toBe("give-up");
  });

  it("tries another address of the same cluster when one was not reached", () => {
    const candidates = [candidate("us", 3), candidate("eu")];
    expect(next("POST", [REFUSED], { candidates })).toMatchObject({ candidate: 0, origin: 1 });
    expect(next("GET", [RESET], { candidates })).toMatchObject({ candidate: 1, origin: 0 });
  });

  it("gives up when the body is gone, the budget is spent or the time is up", () => {
    expect(next("PUT", [RESET], { bodyKept: false }).step).toBe("give-up");
    expect(next("GET", [RESET], { budgetLeft: false }).step).toBe("give-up");
    expect(next("GET", [RESET], { elapsedMs: 1000 }).step).toBe("give-up");
  });

  it("does not charge the budget for requests that were never sent", () => {
    expect(next("GET", [REFUSED], { budgetLeft: false }).step).toBe("try");
  });

  it("leaves time for the next candidate only where there may be one", () => {
    expect(next("GET", [])).toMatchObject({ timeoutMs: 500 });
    expect(next("POST", [])).toMatchObject({ timeoutMs: 1000 });
    expect(next("GET", [], { candidates: [candidate("us")] })).toMatchObject({ timeoutMs: 1000 });
  });

  it("never repeats a request that is not idempotent once bytes may have been sent", () => {
    for (const failure of [
      "refused",
      "unreachable",
      "reset",
      "connect-timeout",
      "response-timeout",
      "tls",
      "protocol",
      "other",
    ] as const) {
      const outcome: AttemptOutcome = { type: "failed", failure, unsent: false, detail: "" };
      for (const method of ["POST", "PATCH", "LOCK", "post"]) expect(next(method, [outcome]).step).toBe("give-up");
    }
  });
});

describe("Retry-After", () => {
  const LESS: AttemptOutcome = { type: "answered", status: 503, retryAfterMs: 1000 };

  it("sends a request elsewhere when there is calm, and never in a storm", () => {
    expect(next("GET", [LESS])).toMatchObject({ step: "try", candidate: 1 });
    expect(next("GET", [LESS], { storm: true })).toEqual({
      step: "give-up",
      reason: "the origin asks for less, and so do others",
    });
    expect(next("GET", [answered(503)], { storm: true }).step).toBe("try");
  });

  it("never asks the same cluster again a moment later", () => {
    expect(next("GET", [LESS], { candidates: [candidate("us", 2)] }).step).toBe("give-up");
    expect(next("GET", [answered(503)], { candidates: [candidate("us", 2)] }).step).toBe("try");
  });

  it.each([
    ["120", 120_000],
    ["0", 0],
    ["Tue, 24 Nov 2026 12:00:10 GMT", 10_000],
    ["Tue, 24 Nov 2026 11:00:00 GMT", 0],
    ["soon", null],
    ["-1", null],
    ["1e3", null],
    [null, null],
  ])("reads %j", (value, expected) => {
    expect(retryAfterMs(value, Date.UTC(2026, 10, 24, 12))).toBe(expected);
  });
});

describe("isFull", () => {
  it("passes over an origin at its limits, and gives up when all are", () => {
    const full = (...names: readonly number[]) => ({ isFull: (one: number) => names.includes(one) });
    expect(next("POST", [], full(0))).toMatchObject({ step: "try", candidate: 1 });
    expect(next("GET", [RESET], full(1))).toMatchObject({ step: "try", candidate: 2 });
    expect(next("GET", [], full(0, 1, 2))).toEqual({ step: "give-up", reason: "every origin is at its limit" });
  });
});

describe("connectRace()", () => {
  const facts = { candidates: THREE, budgetLeft: true };
  const slow = { candidate: 0, forMs: 300, connected: false, racing: false };

  it("waits a few round-trips, then starts one second connection", () => {
    expect(connectRace(facts, { ...slow, forMs: 100 })).toEqual({ race: "wait", untilMs: 250 });
    expect(connectRace(facts, slow)).toEqual({ race: "start", candidate: 1 });
    expect(connectRace(facts, { ...slow, racing: true }).race).toBe("none");
  });

  it.each([
    ["once a byte may have been sent", facts, { ...slow, connected: true }],
    ["in a storm", { ...facts, storm: true }, slow],
    ["when the budget is spent", { ...facts, budgetLeft: false }, slow],
    ["with nobody left", facts, { ...slow, candidate: 2 }],
    ["towards an origin at its limit", { ...facts, isFull: () => true }, slow],
  ])("does not start %s", (_when, some, connecting) => {
    expect(connectRace(some, connecting).race).toBe("none");
  });

  it("gives a far cluster more time, and the last one all of it", () => {
    expect(connectPatienceMs(150_000, true)).toBe(600);
    expect(connectPatienceMs(400_000, true)).toBe(1000);
    expect(connectPatienceMs(1000, false)).toBe(1000);
  });
});
