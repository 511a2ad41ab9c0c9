import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { PAGE, withTables } from "../../scripts/terraform-docs.ts";

const MODULES = join(import.meta.dirname, "../../terraform/modules");

describe("withTables()", () => {
  const page = readFileSync(PAGE, "utf8");

  it("finds docs/terraform.md as the modules are", () => {
    expect(page).toBe(withTables(page));
  });

  it("writes a row for every input and output of every module", () => {
    for (const module of readdirSync(MODULES)) {
      const [, section = ""] = new RegExp(`^## ${module}$([^]*?)(?=^## |(?![^]))`, "m").exec(page) ?? [];
      for (const kind of ["variable", "output"]) {
        const text = readFileSync(join(MODULES, module, `${kind}s.tf`), "utf8");
        const names = [...text.matchAll(new RegExp(`^${kind} "(\\w+)"`, "gm"))].map(([, name]) => name);
        expect(names.length).toBeGreaterThan(0);
        expect([module, names.filter((name) => !section.includes(`| \`${name}\` |`))]).toEqual([module, []]);
      }
    }
  });
});
