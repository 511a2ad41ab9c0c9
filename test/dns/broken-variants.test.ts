import { describe, expect, it } from "vitest";
import { dnsProviderTests, type RunningDns } from "../conformance/dns-provider.ts";
import { VARIANTS } from "./broken-variants.ts";
import { memoryWorld } from "./memory-world.ts";

const tests = new Map<string, (dns: RunningDns) => Promise<void>>();
dnsProviderTests((name, run) => tests.set(name, run));

describe("the suite of DNS providers", () => {
  for (const { name, make, fails } of VARIANTS) {
    it.each(fails)(`fails a provider that ${name}: %s`, async (test) => {
      const run = tests.get(test);
      if (run === undefined) throw new Error(`Cannot find the test "${test}"`);
      await expect(run(memoryWorld(make))).rejects.toThrow();
    });
  }

  it("has a broken variant for each of its tests", () => {
    const covered = new Set(VARIANTS.flatMap((variant) => variant.fails));
    expect([...tests.keys()].filter((name) => !covered.has(name))).toEqual([]);
  });
});
