import { describe, expect, it } from "vitest";
import { controlFiles } from "../../scripts/bundle-control.ts";
import { licencesOf } from "../../scripts/licences.ts";

const inputs = (...paths: readonly string[]) => ({
  inputs: Object.fromEntries(paths.map((path) => [path, { bytes: 1, imports: [] }])),
  outputs: {},
});

describe("licencesOf()", () => {
  it("names each package once, scoped ones too, and nothing of our own", () => {
    const found = licencesOf(
      inputs(
        "src/core/decide.ts",
        "node_modules/zod/v4/index.js",
        "node_modules/zod/index.js",
        "node_modules/@hono/node-server/dist/index.mjs",
      ),
    );
    expect(found).toEqual([
      expect.stringMatching(/^@hono\/node-server \d\S* MIT$/),
      expect.stringMatching(/^zod \d\S* MIT$/),
    ]);
  });

  it("fails for a package that says nothing", () => {
    expect(() => licencesOf(inputs("node_modules/not-there/index.js"))).toThrow();
  });

  it("is in the control function's zip, with all that it is made of", async () => {
    const licence = (await controlFiles(null)).get("LICENSE") ?? "";
    expect(licence).toContain("Apache License");
    for (const name of ["@aws-sdk/client-route-53", "undici", "yaml", "zod"]) expect(licence).toContain(`\n${name} `);
  }, 60_000);
});
