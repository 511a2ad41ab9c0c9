import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type BundleModule, bundleEdge } from "../../scripts/bundle.ts";

/** 60 KiB: for what every cold isolate parses before its first request, and for each module that it loads on demand. */
const BUDGET_BYTES = 61_440;

const SERVING = [
  "core/decide",
  "core/retry",
  "core/verdicts",
  "core/steering/nearest",
  "core/steering/ranking",
  "core/steering/starting",
  "core/health/view",
  "edge/fetch/upstream",
  "edge/handle",
  "edge/request-headers",
];
/** What CloudFront does itself. */
const CARRYING = ["core/retry", "edge/debug", "edge/fetch/upstream", "edge/handle"];
const ON_DEMAND = [
  "core/all-policies",
  "core/health/outlier",
  "core/geo/country-text",
  "core/snapshot/guard",
  "core/snapshot/load",
  "core/steering/residency",
  "edge/access-log",
  "edge/debug",
  "edge/follow",
  "edge/health",
  "edge/pin",
  "store/signature",
];
const NOWHERE = ["core/trace-choice", "core/address/forwarded", "core/health/stall", "edge/tap", "edge/watch"];

function bytes(modules: readonly BundleModule[]): number {
  return modules.reduce((sum, { code }) => sum + Buffer.byteLength(code), 0);
}

describe.each(["cloudflare", "fetch", "lambda-edge"])("bundleEdge(%j)", (entry) => {
  it("stays within the budget of an edge and carries no package", async () => {
    const { modules } = await bundleEdge(entry);
    expect(bytes(modules.filter((module) => module.atStart))).toBeLessThanOrEqual(BUDGET_BYTES);
    for (const module of modules.filter((one) => !one.atStart))
      expect(bytes([module])).toBeLessThanOrEqual(BUDGET_BYTES);
    const inputs = modules.flatMap((module) => module.inputs);
    expect(inputs.filter((path) => path.includes("node_modules"))).toEqual([]);
    for (const { code } of modules) expect(code).not.toMatch(/["']node:/);
    expect(inputs.length).toBeGreaterThan(40);
  });

  it("starts with all that serves a host of the default policy, and with nothing that it may never need", async () => {
    const { modules } = await bundleEdge(entry);
    const atStart = new Set(modules.filter((module) => module.atStart).flatMap(({ inputs }) => inputs));
    const all = new Set(modules.flatMap(({ inputs }) => inputs));
    const carried = (path: string) => entry !== "lambda-edge" || !CARRYING.includes(path);
    for (const path of SERVING.filter(carried)) expect(atStart).toContain(`src/${path}.ts`);
    for (const path of ON_DEMAND.filter(carried))
      expect([path, all.has(`src/${path}.ts`), atStart.has(`src/${path}.ts`)]).toEqual([path, true, false]);
    // Text for explanations, probes and trust in proxies have no place in an isolate.
    for (const path of NOWHERE) expect(all).not.toContain(`src/${path}.ts`);
  });

  it("imports nothing but its own modules", async () => {
    const { modules } = await bundleEdge(entry);
    const names = modules.map(({ name }) => `./${name}`);
    const imported = modules.flatMap(({ code }) =>
      [...code.matchAll(/(?:\bfrom|\bimport\(?)"([^"]*)"/g)].map(([, name]) => name),
    );
    expect(imported.filter((name) => !names.includes(name ?? ""))).toEqual([]);
    // Every module beside the entry is there for somebody.
    expect(new Set(imported).size).toBe(modules.length - 1);
  });

  it("gives the same bytes twice", async () => {
    expect((await bundleEdge(entry)).modules).toEqual((await bundleEdge(entry)).modules);
  });

  it("is all under the licence of the project, and every module has a source map", async () => {
    expect(readFileSync(new URL("../../LICENSE", import.meta.url), "utf8")).toContain("Apache License");
    const { modules, licences } = await bundleEdge(entry);
    expect(licences).toEqual([]);
    for (const { name, code, sourceMap } of modules) {
      expect(code.trimEnd()).toMatch(new RegExp(`//# sourceMappingURL=${name}.map$`));
      expect(JSON.parse(sourceMap)).toMatchObject({ version: 3 });
    }
  });
});
