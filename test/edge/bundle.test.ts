import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bundleEdge } from "../../scripts/bundle.ts";

/** 62 KiB: every cold isolate parses all of it before its first request. 1.5 of them sign requests to gateways. */
const BUDGET_BYTES = 63_488;

describe("bundleEdge()", () => {
  it("stays within the budget of an edge and carries no package", async () => {
    const { code, inputs } = await bundleEdge("cloudflare");
    expect(Buffer.byteLength(code)).toBeLessThanOrEqual(BUDGET_BYTES);
    expect(inputs.filter((path) => path.includes("node_modules"))).toEqual([]);
    expect(code).not.toMatch(/["']node:/);
    expect(inputs.length).toBeGreaterThan(40);
  });

  it("gives the same bytes twice", async () => {
    expect((await bundleEdge("cloudflare")).code).toBe((await bundleEdge("cloudflare")).code);
  });

  it("keeps the licence of the project, which all of the bundle is under", () => {
    expect(readFileSync(new URL("../../LICENSE", import.meta.url), "utf8")).toContain("Apache License");
  });
});
