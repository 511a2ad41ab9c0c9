/** The project's modules as the tests see them: which resources they use, and how they are filled to the brim. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ProviderSchema } from "./provider/schema.ts";
import { SOURCES } from "./terraform.ts";
import { awsSchema, REBUILT, rebuiltProvider } from "./tools.ts";

export const MODULES: readonly string[] = readdirSync(join(SOURCES, "modules")).sort();

/** The text of every `.tf` file of a module or example. */
export function textOf(where: string): string {
  const folder = join(SOURCES, where);
  return readdirSync(folder)
    .filter((name) => name.endsWith(".tf"))
    .sort()
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join("\n");
}

/** Types of the resources and data sources in the modules, by provider. */
export function schemas(plugins: string | null): Readonly<Record<string, ProviderSchema>> {
  const text = [...MODULES.map((name) => `modules/${name}`), ...examples().map((name) => `examples/${name}`)]
    .map(textOf)
    .join("\n");
  const used = (kind: string, provider: string): readonly string[] => [
    ...new Set([...text.matchAll(new RegExp(`^${kind} "(${provider}_\\w+)"`, "gm"))].map(([, type]) => type ?? "")),
  ];
  const rebuilt = Object.keys(REBUILT).map(
    (name) => [name, rebuiltProvider(name, used("resource", name), used("data", name))] as const,
  );
  const aws =
    plugins === null ? [] : [["aws", awsSchema(plugins, used("resource", "aws"), used("data", "aws"))] as const];
  return Object.fromEntries([...rebuilt, ...aws]);
}

export function examples(): readonly string[] {
  return readdirSync(join(SOURCES, "examples")).sort();
}

/** The names of a module's variables, in order. */
export function variablesOf(module: string): readonly string[] {
  return [...textOf(`modules/${module}`).matchAll(/^variable "(\w+)"/gm)].map(([, name]) => name ?? "");
}

/** How many conditions each of a module's variables has. */
export function conditionsOf(module: string): ReadonlyMap<string, number> {
  const blocks = textOf(`modules/${module}`).matchAll(/^variable "(\w+)" \{$([^]*?)^\}$/gm);
  return new Map(
    [...blocks].map(([, name = "", body = ""]) => [name, [...body.matchAll(/^ {2}validation \{$/gm)].length]),
  );
}
