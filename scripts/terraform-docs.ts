/** `node scripts/terraform-docs.ts`: writes the inputs and outputs of every Terraform module into docs/terraform.md. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..");
export const PAGE: string = join(ROOT, "docs/terraform.md");
const SLOT = /(<!-- (inputs|outputs) ([a-z0-9-]+) -->\n)[^]*?(<!-- end -->)/g;

/** The page with every table made anew from the modules. */
export function withTables(page: string): string {
  return page.replaceAll(SLOT, (_, begin: string, kind: string, module: string, end: string) => {
    const table = kind === "inputs" ? inputsOf(module) : outputsOf(module);
    return `${begin}\n${table}\n\n${end}`;
  });
}

function inputsOf(module: string): string {
  const rows = blocksOf(module, "variable").map(({ name, body }) => {
    const fallback = /^ {2}default\s+= (.+)$/m.exec(body)?.[1];
    return `| \`${name}\` | ${typeOf(body)} | ${fallback === undefined ? "needed" : `\`${fallback}\``} | ${descriptionOf(body)} |`;
  });
  return ["| Input | Type | Default | Meaning |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

function outputsOf(module: string): string {
  const rows = blocksOf(module, "output").map(({ name, body }) => `| \`${name}\` | ${descriptionOf(body)} |`);
  return ["| Output | Is |", "| --- | --- |", ...rows].join("\n");
}

interface Declared {
  readonly name: string;
  readonly body: string;
}

function blocksOf(module: string, kind: "variable" | "output"): readonly Declared[] {
  const text = readFileSync(join(ROOT, "terraform/modules", module, `${kind}s.tf`), "utf8");
  return [...text.matchAll(new RegExp(`^${kind} "(\\w+)" \\{$([^]*?)^\\}$`, "gm"))].map(([, name = "", body = ""]) => ({
    name,
    body,
  }));
}

/** A type of several lines as its members' names: `list of {kind, name}`. */
function typeOf(body: string): string {
  const [, first = "", rest = ""] =
    /^ {2}type\s+= (.+)$([^]*?)(?=^ {2}(?:default|validation)|(?![^]))/m.exec(body) ?? [];
  if (!first.endsWith("object({")) return `\`${first}\``;
  const members = [...rest.matchAll(/^ {4}(\w+)\s+= (optional\()?/gm)].map(([, name, optional]) =>
    optional === undefined ? name : `${name}?`,
  );
  const around = first.startsWith("map(list")
    ? "map of lists of "
    : first.startsWith("list")
      ? "list of "
      : first.startsWith("map")
        ? "map of "
        : "";
  return `${around}{${members.join(", ")}}`;
}

function descriptionOf(body: string): string {
  const text = /^ {2}description\s+= (".*")$/m.exec(body)?.[1] ?? '""';
  return String(JSON.parse(text)).replaceAll("*.", "`*.`").replaceAll("|", "\\|");
}

if (process.argv[1] === import.meta.filename) writeFileSync(PAGE, withTables(readFileSync(PAGE, "utf8")));
