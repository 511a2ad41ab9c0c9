import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { examples, schemas, textOf } from "./modules.ts";
import { SOURCES, workspace, type Workspace } from "./terraform.ts";
import { awsPlugins, makeMirror, missingTools } from "./tools.ts";

const missing = missingTools();
if (missing !== null) console.warn(`SKIPPED, the Terraform examples: ${missing}`);

/** Files that `npm run build` makes, in the place of the real ones. */
const ARTEFACTS: Readonly<Record<string, string>> = {
  "lambda-edge.zip": "modules/aws-edge/tests/lambda-edge.zip",
  "control-lambda.zip": "modules/control-lambda/tests/control-lambda.zip",
  cloudflare: "modules/cloudflare-edge/tests/artefact",
};

describe.skipIf(missing !== null)("terraform examples", () => {
  const mirror = mkdtempSync(join(tmpdir(), "portolan-mirror-"));
  let space: Workspace;
  beforeAll(() => {
    makeMirror(mirror, null, schemas(awsPlugins()));
    space = workspace(mirror);
    // The examples look for `dist` beside `terraform`, as they do in a clone.
    for (const [name, from] of Object.entries(ARTEFACTS)) {
      cpSync(join(SOURCES, from), join(space.folder, "../dist", name), { recursive: true });
    }
  });
  afterAll(() => {
    space.close();
    rmSync(mirror, { recursive: true });
  });

  it.each(examples())(
    "%s is valid and plans with the values of its example file",
    async (example) => {
      const where = `examples/${example}`;
      const env = { AWS_REGION: "us-east-1" };
      const init = await space.run(where, ["init", "-input=false"]);
      expect([init.code, init.output]).toEqual([0, expect.stringContaining("successfully initialized")]);
      expect((await space.run(where, ["validate", "-no-color"])).output).toContain("Success!");
      const args = ["plan", "-input=false", "-lock=false", "-no-color", "-var-file=terraform.tfvars.example"];
      for (const mode of ["", "strict"]) {
        const { output } = await space.run(where, args, { ...env, PORTOLAN_SCHEMA: mode });
        expect(output).toMatch(/Plan: [1-9]\d* to add, 0 to change, 0 to destroy/);
      }
    },
    240_000,
  );

  it.each(examples())("%s has a page that says what it costs at rest and how to remove it", (example) => {
    const page = readFileSync(join(SOURCES, "examples", example, "README.md"), "utf8");
    expect(page).toContain("## What it costs at rest");
    expect(page).toContain("## How to remove it");
    const variables = [...textOf(`examples/${example}`).matchAll(/^variable "(\w+)"/gm)].map(([, name]) => name);
    expect(variables.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });
});
