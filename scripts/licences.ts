/** Which packages are in a bundle, and under which licence each of them is. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Metafile } from "esbuild";

const ROOT = join(import.meta.dirname, "..");

/** Of the package itself, of scoped ones and of those that lie in another one's folder. */
const PACKAGE = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;

/** A line for each package in the bundle, `name version licence`, sorted; fails for one that names no licence. */
export function licencesOf({ inputs }: Metafile): readonly string[] {
  const folders = new Set(Object.keys(inputs).flatMap((path) => PACKAGE.exec(path)?.[0] ?? []));
  return [...new Set([...folders].map(lineOf))].sort();
}

function lineOf(folder: string): string {
  const read: unknown = JSON.parse(readFileSync(join(ROOT, folder, "package.json"), "utf8"));
  const field = (name: string) =>
    typeof read === "object" && read !== null && name in read ? String((read as Record<string, unknown>)[name]) : "";
  if (field("license") === "") throw new Error(`Cannot list the licence of ${folder}: its package.json names none`);
  return `${field("name")} ${field("version")} ${field("license")}`;
}

/** What lies beside a bundle: the project's licence, and the list of what else is in it. */
export function licenceText(lines: readonly string[]): string {
  const others = lines.length === 0 ? "Nothing else is in this bundle." : ["Also in this bundle:", ...lines].join("\n");
  return `${readFileSync(join(ROOT, "LICENSE"), "utf8")}\n${others}\n`;
}
