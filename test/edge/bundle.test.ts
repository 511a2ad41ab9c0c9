import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type BundleModule, bundleEdge } from "../../scripts/bundle.ts";

/** 60 KiB: for what every cold isolate parses before its first request, and for each module that it loads on demand. */
const BUDGET_BYTES = 61_440;

function bytes(modules: readonly BundleModule[]): number {
  return modules.reduce((sum, { code }) => sum + Buffer.byteLength(code), 0);
}

describe("bundleEdge()", () => {
  it("stays within the budget of an edge and carries no package", async () => {
    const { modules, inputs } = await bundleEdge("cloudflare");
    expect(bytes(modules.filter((module) => module.atStart))).toBeLessThanOrEqual(BUDGET_BYTES);
    for (const module of modules.filter((one) => !one.atStart))
      expect(bytes([module])).toBeLessThanOrEqual(BUDGET_BYTES);
    expect(inputs.filter((path) => path.includes("node_modules"))).toEqual([]);
    for (const { code } of modules) expect(code).not.toMatch(/["']node:/);
    expect(inputs.length).toBeGreaterThan(40);
  });

  it("imports nothing but its own modules", async () => {
    const { modules } = await bundleEdge("cloudflare");
    const names = modules.map(({ name }) => `./${name}`);
    const imported = modules.flatMap(({ code }) =>
      [...code.matchAll(/(?:\bfrom|\bimport\(?)"([^"]*)"/g)].map(([, name]) => name),
    );
    expect(imported.filter((name) => !names.includes(name ?? ""))).toEqual([]);
    // Every module beside the entry is there for somebody.
    expect(new Set(imported).size).toBe(modules.length - 1);
  });

  it("gives the same bytes twice", async () => {
    expect((await bundleEdge("cloudflare")).modules).toEqual((await bundleEdge("cloudflare")).modules);
  });

  it("keeps the licence of the project, which all of the bundle is under", () => {
    expect(readFileSync(new URL("../../LICENSE", import.meta.url), "utf8")).toContain("Apache License");
  });
});
