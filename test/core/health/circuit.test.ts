import { describe, expect, it } from "vitest";
import {
  circuitLimits,
  countUnderWay,
  type CircuitState,
  DEFAULT_LIMITS,
  fullLimit,
} from "../../../src/core/health/circuit.ts";

const LIMITS = { connections: 2, pending: 1, requests: 2 };
const load = (connections: number, pending: number, requests: number) => ({ connections, pending, requests });

describe("fullLimit()", () => {
  it("names the limit that is reached, and none below", () => {
    expect(fullLimit(load(0, 0, 0), LIMITS)).toBeNull();
    expect(fullLimit(load(1, 0, 1), LIMITS)).toBeNull();
    expect(fullLimit(load(1, 1, 1), LIMITS)).toBe("pending");
    expect(fullLimit(load(2, 0, 2), LIMITS)).toBe("requests");
  });

  it("lets an idle connection take one more request when no more may be opened", () => {
    expect(fullLimit(load(2, 0, 1), { ...LIMITS, requests: 9 })).toBeNull();
    expect(fullLimit(load(2, 0, 2), { ...LIMITS, requests: 9 })).toBe("connections");
  });
});

describe("circuitLimits()", () => {
  it("takes a host's policy before the Cluster, and each before the default", () => {
    expect(circuitLimits(null, null)).toBe(DEFAULT_LIMITS);
    const policy = { connections: 5, pending: null, requests: null };
    const cluster = { connections: 9, pending: 7, requests: null };
    expect(circuitLimits(policy, cluster)).toEqual({ connections: 5, pending: 7, requests: 1024 });
  });
});

describe("countUnderWay()", () => {
  it("never goes below 0, and forgets an origin without load", () => {
    const state: CircuitState = new Map();
    countUnderWay(state, "o", -1);
    countUnderWay(state, "o", 1);
    expect(state.get("o")).toBe(1);
    countUnderWay(state, "o", -1);
    expect(state.size).toBe(0);
  });
});
