import { describe, expect, it } from "vitest";
import { countLoad, type CircuitState, whyFull } from "../../../src/core/health/circuit.ts";

const LIMITS = { connections: 2, pending: 1, requests: 2 };

describe("whyFull()", () => {
  it("names the limit that is reached, and forgets what is over", () => {
    const state: CircuitState = new Map();
    expect(whyFull(state, "o", LIMITS)).toBeNull();
    countLoad(state, "o", "pending", 1);
    expect(whyFull(state, "o", LIMITS)).toBe("1 requests wait for a connection");
    countLoad(state, "o", "pending", -1);
    expect(state.size).toBe(0);
    countLoad(state, "o", "requests", 1);
    countLoad(state, "o", "requests", 1);
    expect(whyFull(state, "o", LIMITS)).toBe("2 requests are under way");
    expect(whyFull(state, "other", LIMITS)).toBeNull();
  });

  it("lets an idle connection be used although no further one may be opened", () => {
    const state: CircuitState = new Map();
    for (let index = 0; index < 2; index += 1) countLoad(state, "o", "connections", 1);
    expect(whyFull(state, "o", { ...LIMITS, requests: 9 })).toBeNull();
    for (let index = 0; index < 2; index += 1) countLoad(state, "o", "requests", 1);
    expect(whyFull(state, "o", { ...LIMITS, requests: 9 })).toBe("2 connections are open");
  });

  it("never counts below nothing", () => {
    const state: CircuitState = new Map();
    countLoad(state, "o", "requests", -1);
    countLoad(state, "o", "requests", 1);
    expect(state.get("o")?.requests).toBe(1);
  });
});
