import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { moduleSpace } from "./module-space.ts";
import { MODULES } from "./modules.ts";
import { takeOut } from "./mutants.ts";
import { planOf } from "./plan-of.ts";
import type { Workspace } from "./terraform.ts";
import { missingTools } from "./tools.ts";

interface Golden {
  readonly values: Readonly<Record<string, unknown>>;
}

const missing = missingTools();
if (missing !== null) console.warn(`SKIPPED, the Terraform modules: ${missing}`);

describe.skipIf(missing !== null)("terraform modules, against the schemas of their providers", () => {
  let space: Workspace;
  beforeAll(async () => {
    space = await moduleSpace();
  }, 300_000);
  afterAll(() => space.close());

  it("are formatted", async () => {
    const run = await space.run(".", ["fmt", "-check", "-recursive", "-diff"]);
    expect(run.output).toBe("");
    expect(run.code).toBe(0);
  });

  describe.each(MODULES)("%s", (module) => {
    const where = `modules/${module}`;
    const fixture = join(import.meta.dirname, `fixtures/${module}.json`);

    it("is valid, and its own tests pass", async () => {
      const valid = await space.run(where, ["validate", "-no-color"]);
      expect(valid.output).toContain("Success!");
      const tested = await space.run(where, ["test", "-no-color"], { AWS_REGION: "us-east-1" });
      expect(tested.output).toMatch(/Success! [1-9]\d* passed, 0 failed/);
    });

    it("gives every nested attribute a key that the provider's schema knows", async () => {
      const args = ["plan", "-input=false", "-lock=false", "-no-color", `-var-file=${fixture}`];
      const run = await space.run(where, args, { PORTOLAN_SCHEMA: "strict", AWS_REGION: "us-east-1" });
      expect(run.output).toMatch(/Plan: [1-9]\d* to add/);
    });

    it("plans what its golden file says", async () => {
      const planned = await planOf(space, where, fixture);
      const text = `${JSON.stringify(planned, null, 2)}\n`;
      await expect(text).toMatchFileSnapshot(join(import.meta.dirname, `golden/${module}.txt`));
      expect(planned).toHaveProperty("values");
    });

    it("plans something else as soon as an argument is taken out", async () => {
      const golden = JSON.parse(readFileSync(join(import.meta.dirname, `golden/${module}.txt`), "utf8")) as Golden;
      const variables = JSON.parse(readFileSync(fixture, "utf8")) as object;
      const { tried, unnoticed } = await takeOut(space, module, variables, golden.values);
      expect(unnoticed).toEqual([]);
      expect(tried).toBeGreaterThan(15);
    }, 600_000);
  });
});
