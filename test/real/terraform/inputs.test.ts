/** Every row of "Bad input" in docs/terraform.md, given to its module. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { moduleSpace } from "./module-space.ts";
import { conditionsOf, MODULES, variablesOf } from "./modules.ts";
import { SOURCES, type Workspace } from "./terraform.ts";
import { missingTools } from "./tools.ts";

interface BadInput {
  readonly module: string;
  readonly variable: string;
  readonly value: string;
  readonly error: string;
}

const missing = missingTools();
if (missing !== null) console.warn(`SKIPPED, the bad inputs of the Terraform modules: ${missing}`);

const page = readFileSync(join(SOURCES, "../docs/terraform.md"), "utf8");
const rows: readonly BadInput[] = page.split(/^## /m).flatMap((section) => {
  const module = /^([a-z0-9-]+)\n/.exec(section)?.[1] ?? "";
  const [, table = ""] = section.split("| Bad input | Value | Error |");
  return [...table.matchAll(/^\| `(\w+)` \| `(.*?)` \| (.*) \|$/gm)].map(
    ([, variable = "", value = "", error = ""]) => ({
      module,
      variable,
      value,
      error,
    }),
  );
});

describe.skipIf(missing !== null)("bad inputs", () => {
  let space: Workspace;
  beforeAll(async () => {
    space = await moduleSpace();
  }, 300_000);
  afterAll(() => space.close());

  it.each(MODULES)("of %s are there for every variable", (module) => {
    const tried = new Set(rows.filter((row) => row.module === module).map(({ variable }) => variable));
    expect([...tried].sort()).toEqual([...variablesOf(module)].sort());
    const given = (variable: string) => rows.filter((row) => row.module === module && row.variable === variable).length;
    // A condition that nothing fails could be taken out unnoticed.
    const missing = [...conditionsOf(module)].filter(([variable, conditions]) => given(variable) < conditions);
    expect(missing).toEqual([]);
  });

  it.each(rows)("$module refuses $variable = $value", async ({ module, variable, value, error }) => {
    const fixture = JSON.parse(readFileSync(join(import.meta.dirname, `fixtures/${module}.json`), "utf8")) as object;
    const file = join(space.folder, `bad-${module}.json`);
    writeFileSync(file, JSON.stringify({ ...fixture, [variable]: JSON.parse(value) as unknown }));
    const env = { PORTOLAN_SCHEMA: "named", AWS_REGION: "us-east-1" };
    const args = ["plan", "-input=false", "-lock=false", "-refresh=false", "-no-color", `-var-file=${file}`];
    const run = await space.run(`modules/${module}`, args, env);
    expect(run.code).toBe(1);
    // Terraform breaks lines where it likes.
    expect(run.output.replaceAll(/[│\s]+/g, " ")).toContain(error);
  });
});
