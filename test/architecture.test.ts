import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cruise, type ICruiseResult, type IForbiddenRuleType } from "dependency-cruiser";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..");

/** DESIGN.md's table: a folder may import what is listed (and itself); everything else is forbidden. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  store: ["core"],
  kube: ["core"],
  locate: ["core"],
  dns: ["core"],
  hosts: ["core", "dns/http.ts", "dns/pace.ts"],
  cloud: ["core", "store/s3/credentials.ts", "store/s3/sign.ts"],
  nameserver: ["core", "locate/locator.ts"],
  edge: ["core", "store/store.ts", "locate/locator.ts"],
  control: ["core", "store", "kube/reader.ts", "dns/provider.ts", "dns/standing.ts", "hosts/host-provider.ts"],
  api: ["core", "store/store.ts"],
  cli: ["core", "locate/locator.ts"],
};

/** Each package is imported in one place, so that it can be replaced there. */
const PACKAGES: Readonly<Record<string, string>> = {
  hono: "^src/api/",
  "@hono/node-server": "^workers/node-admin.ts$",
  undici: "^src/kube/(http|access/(access|dispatcher)).ts$",
  maxmind: "^src/locate/verify-mmdb.ts$",
  yaml: "^src/kube/yaml(-text)?.ts$",
  zod: "^src/kube/schema/",
  koffi: "^src/nameserver/c-library.ts$",
  jose: "^src/dns/(google|azure)/token.ts$",
  "@aws-sdk": "^src/dns/route53(/|.ts$)",
};

function rules(): IForbiddenRuleType[] {
  const layers = Object.entries(LAYERS).map(([layer, allowed]): IForbiddenRuleType => {
    const paths = [layer, ...allowed].map((one) => `^src/${one}${one.endsWith(".ts") ? "$" : "/"}`);
    return {
      name: `layer-${layer}`,
      severity: "error",
      from: { path: `^src/${layer}/` },
      to: { path: "^(src|workers)/", pathNot: paths },
    };
  });
  const packages = Object.entries(PACKAGES).map(
    ([name, path]): IForbiddenRuleType => ({
      name: `package-${name}`,
      severity: "error",
      from: { pathNot: path },
      to: { path: `node_modules/${name}/` },
    }),
  );
  return [
    ...layers,
    ...packages,
    { name: "no-cycle", severity: "error", from: {}, to: { circular: true } },
    { name: "nothing-imports-workers", severity: "error", from: { path: "^src/" }, to: { path: "^workers/" } },
    { name: "core-imports-core-only", severity: "error", from: { path: "^src/core/" }, to: { pathNot: "^src/core/" } },
  ];
}

describe("architecture", () => {
  it("keeps the layers of DESIGN.md, without cycles", async () => {
    const { output } = await cruise(
      ["src", "workers"],
      {
        baseDir: ROOT,
        ruleSet: { forbidden: rules() },
        validate: true,
        tsPreCompilationDeps: true,
        doNotFollow: { path: "node_modules" },
      },
      { extensions: [".ts", ".js", ".mjs", ".json"], conditionNames: ["import", "node", "default"] },
    );
    const { summary, modules } = output as ICruiseResult;
    expect(summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)).toEqual([]);
    // A cruiser that cannot read TypeScript checks nothing and is content.
    expect(modules.filter((module) => module.source.startsWith("src/")).length).toBeGreaterThan(100);
    expect(summary.totalDependenciesCruised ?? 0).toBeGreaterThan(300);
  }, 60_000);

  it("keeps clock, randomness and transcendental functions out of the core", () => {
    const banned =
      /Date\.now|new Date\b|Math\.(random|sin|cos|tan|asin|acos|atan2?|exp|log\w*|pow|hypot|cbrt|sinh|cosh|tanh)\b|performance\.|process\.|globalThis|\bfetch\(|setTimeout|setInterval|crypto\./;
    const files = readdirSync(join(ROOT, "src/core"), { recursive: true, encoding: "utf8" }).filter((file) =>
      file.endsWith(".ts"),
    );
    expect(files.length).toBeGreaterThan(40);
    const found = files.flatMap((file) =>
      readFileSync(join(ROOT, "src/core", file), "utf8")
        .split("\n")
        .flatMap((line, index) =>
          banned.test(line) && !/^\s*(\*|\/\/|\/\*)/.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : [],
        ),
    );
    expect(found).toEqual([]);
  });

  it("keeps files short", () => {
    const long = ["src", "workers"].flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".ts"))
        .filter((file) => readFileSync(join(ROOT, folder, file), "utf8").split("\n").length > 251)
        .map((file) => `${folder}/${file}`),
    );
    expect(long).toEqual([]);
  });
});
