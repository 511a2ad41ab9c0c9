/** Every argument of a module's resources and locals, so that each can be taken out. */

export interface Argument {
  /** `aws_route53_zone.this: comment = …`, for messages. */
  readonly name: string;
  /** The file without it. */
  readonly without: string;
}

/** Arguments of Terraform itself that no plan shows. */
const META = new Set(["depends_on", "provider", "lifecycle"]);
const OPENING = /[{[(]/g;
const CLOSING = /[}\])]/g;

/** One for each argument and nested block on a line of its own inside `resource` and `locals` blocks. */
export function argumentsOf(text: string): readonly Argument[] {
  const lines = text.split("\n");
  const found: Argument[] = [];
  let inside: string | null = null;
  let skipUntil = 0;
  for (const [index, line] of lines.entries()) {
    const [, type, name] = /^resource "(\w+)" "(\w+)" \{$/.exec(line) ?? [];
    if (type !== undefined) inside = `${type}.${name}`;
    else if (line === "locals {") inside = "locals";
    else if (line === "}") inside = null;
    if (inside === null || index < skipUntil) continue;
    const argument = /^\s+("?[\w:-]+"?)\s+= /.exec(line)?.[1] ?? /^\s+(?:dynamic )?"?(\w+)"? \{$/.exec(line)?.[1];
    if (argument === undefined) continue;
    const end = endOf(lines, index);
    if (argument === "lifecycle") skipUntil = end + 1;
    if (META.has(argument)) continue;
    found.push({
      name: `${inside}: ${line.trim()}`,
      without: [...lines.slice(0, index), ...lines.slice(end + 1)].join("\n"),
    });
  }
  return found;
}

/** The last line of an argument that begins at `start`: where its brackets are closed again. */
function endOf(lines: readonly string[], start: number): number {
  let depth = 0;
  for (let index = start; index < lines.length; index += 1) {
    const code = (lines[index] ?? "").replaceAll(/"(?:[^"\\]|\\.)*"/g, "").replace(/\s#.*$/, "");
    depth += (code.match(OPENING) ?? []).length - (code.match(CLOSING) ?? []).length;
    if (depth <= 0) return index;
  }
  return lines.length - 1;
}
