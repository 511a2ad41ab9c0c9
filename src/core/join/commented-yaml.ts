/** YAML that says beside each value why it is there; for files that a person reads on. */

export interface YamlLine {
  readonly indent: number;
  /** Ends with `:` for a mapping; null for a line that is a comment alone. */
  readonly key: string | null;
  readonly value?: string | number | boolean | readonly string[];
  readonly why?: string;
}

/** One document without its separator. */
export function commentedYaml(lines: readonly YamlLine[]): string {
  return lines.map(lineText).join("");
}

function lineText({ indent, key, value, why }: YamlLine): string {
  const pad = " ".repeat(indent);
  const comment = why === undefined || why === "" ? "" : `# ${oneLine(why)}`;
  if (key === null) return `${pad}${comment}\n`;
  const text = value === undefined ? "" : ` ${scalar(value)}`;
  return `${pad}${key}:${text}${comment === "" ? "" : ` ${comment}`}\n`;
}

function scalar(value: string | number | boolean | readonly string[]): string {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "string") return `[${value.map((one) => scalar(one)).join(", ")}]`;
  const isPlain = /^[A-Za-z][A-Za-z0-9./_-]*$/.test(value) && !/^(?:y|n|yes|no|on|off|true|false|null)$/i.test(value);
  return isPlain ? value : JSON.stringify(value);
}

/** What a cluster's API said must not become a line of its own. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, " ");
}
