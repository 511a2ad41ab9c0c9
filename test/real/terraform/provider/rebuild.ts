/**
 * Rebuilds a provider's schema from its published cdktf package: each file embeds its TypeScript source, where a comment
 * says of every attribute whether it is required, optional or computed, and a getter says its type.
 */
import type { Attribute, Block, NestedBlock, Nesting, Schema, TypeName } from "./schema.ts";

/** `attributes`: nested structures are attributes (plugin framework). `blocks`: they are blocks (SDK 2). */
export type Style = "attributes" | "blocks";

interface Source {
  readonly classes: ReadonlyMap<string, string>;
  /** Name of a structure → its members' declared kind: `list`, `set`, `struct`, `simple`, … */
  readonly kinds: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly style: Style;
}

const EMBEDDED = /sourceMappingURL=data:application\/json;(?:charset=utf-8;)?base64,([A-Za-z0-9+/=]+)/;
const CLASS = /^export class (\w+) extends cdktf\.(\w+)/;
const ATTRIBUTE = /^ {2}\/\/ (\S+) - computed: (true|false), optional: (true|false), required: (true|false)$/;

/** The schema of the resource, data source or provider that these files of the package are. */
export function rebuildSchema(files: readonly string[], style: Style): Schema {
  const text = files.map(sourceOf).join("\n");
  const classes = new Map<string, string>();
  let main = "";
  for (const part of text.split(/^(?=export (?:class|interface|function) )/m)) {
    const [, name, base] = CLASS.exec(part) ?? [];
    if (name === undefined) continue;
    classes.set(name, part);
    if (base === "TerraformResource" || base === "TerraformDataSource" || base === "TerraformProvider") main = name;
  }
  const source: Source = { classes, kinds: kindsOf(text, main), style };
  return { block: blockOf(main, main, source) };
}

function sourceOf(file: string): string {
  const encoded = EMBEDDED.exec(file)?.[1];
  if (encoded === undefined) throw new Error("Cannot rebuild a schema: the file embeds no source map");
  const { sourcesContent } = JSON.parse(Buffer.from(encoded, "base64").toString("utf8")) as {
    readonly sourcesContent: readonly string[];
  };
  return sourcesContent[0] ?? "";
}

/** What each `…ToHclTerraform` function, and the class itself, says of its members. */
function kindsOf(text: string, main: string): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const found = new Map<string, Map<string, string>>();
  let current = new Map<string, string>();
  let member = "";
  for (const line of text.split("\n")) {
    const name = /^export function (\w+)ToHclTerraform\(/.exec(line)?.[1];
    if (name !== undefined) found.set(name.charAt(0).toUpperCase() + name.slice(1), (current = new Map()));
    if (line.includes("synthesizeHclAttributes(")) found.set(main, (current = new Map()));
    member = /^ {4,6}(\w+): \{$/.exec(line)?.[1] ?? member;
    const kind = /^ {6,8}type: "(\w+)",$/.exec(line)?.[1];
    if (kind !== undefined) current.set(member, kind);
  }
  return found;
}

function blockOf(className: string, structure: string, source: Source): Block {
  const attributes: Record<string, Attribute> = {};
  const blocks: Record<string, NestedBlock> = {};
  for (const one of membersOf(className, structure, source)) {
    if (one.nested === null || (source.style === "blocks" && !one.configurable)) {
      attributes[one.name] = { ...one.flags, type: one.type(source) };
    } else if (source.style === "attributes") {
      const { attributes: members = {} } = blockOf(`${one.nested}OutputReference`, one.nested, source);
      attributes[one.name] = { ...one.flags, nested_type: { nesting_mode: one.nesting, attributes: members } };
    } else {
      const block = blockOf(`${one.nested}OutputReference`, one.nested, source);
      const most = one.single && one.nesting !== "single" ? { max_items: 1 } : {};
      const least = one.flags.required === true ? { min_items: 1 } : {};
      blocks[one.name] = { nesting_mode: one.nesting, block, ...most, ...least };
    }
  }
  return { attributes, block_types: blocks };
}

interface Member {
  readonly name: string;
  readonly flags: Omit<Attribute, "type" | "nested_type">;
  readonly configurable: boolean;
  /** Name of the structure that it holds; null for plain values. */
  readonly nested: string | null;
  readonly nesting: Nesting;
  /** One object although the nesting may be a list. */
  readonly single: boolean;
  type(source: Source): TypeName;
}

function membersOf(className: string, structure: string, source: Source): readonly Member[] {
  const lines = (source.classes.get(className) ?? "").split("\n");
  return lines.flatMap((line, index) => {
    const [, name, computed, optional, required] = ATTRIBUTE.exec(line) ?? [];
    if (name === undefined) return [];
    const getter = lines.slice(index + 1, index + 4).join(" ");
    const kind = source.kinds.get(structure)?.get(name);
    const [, nested, shape, wrapsSet] = /= new (\w+?)(OutputReference|List|Map)\(this, "\w+"(?:, (true|false))?\)/.exec(
      getter,
    ) ?? [undefined, null, null];
    const configurable = optional === "true" || required === "true";
    const flags = {
      // A provider's schema never has both; cdktf's comment does for members of computed objects.
      ...(required === "true" ? { required: true } : {}),
      ...(optional === "true" && required !== "true" ? { optional: true } : {}),
      ...(computed === "true" && required !== "true" ? { computed: true } : {}),
    };
    const nesting = nestingOf(shape ?? null, kind, wrapsSet === "true");
    const single = shape === "OutputReference";
    return [
      {
        name,
        flags,
        configurable,
        nested: nested ?? null,
        nesting,
        single,
        type: typeFrom(getter, kind, nested, nesting),
      },
    ];
  });
}

function nestingOf(shape: string | null, kind: string | undefined, wrapsSet: boolean): Nesting {
  if (shape === "Map") return "map";
  if (shape === "List") return kind === "set" || wrapsSet ? "set" : "list";
  return kind === "list" || kind === "set" ? kind : "single";
}

function typeFrom(
  getter: string,
  kind: string | undefined,
  nested: string | null | undefined,
  nesting: Nesting,
): (source: Source) => TypeName {
  if (typeof nested === "string") {
    return (source) => {
      const members = membersOf(`${nested}OutputReference`, nested, source);
      const object: TypeName = ["object", Object.fromEntries(members.map((one) => [one.name, one.type(source)]))];
      return nesting === "single" ? object : [nesting, object];
    };
  }
  const type = plainType(getter, kind);
  return () => type;
}

function plainType(getter: string, kind: string | undefined): TypeName {
  const ordered = kind === "set" || getter.includes("Fn.tolist(") ? "set" : "list";
  if (getter.includes("getStringMapAttribute") || getter.includes("new cdktf.StringMap(")) return ["map", "string"];
  if (getter.includes("getNumberMapAttribute") || getter.includes("new cdktf.NumberMap(")) return ["map", "number"];
  if (getter.includes("new cdktf.BooleanMap(")) return ["map", "bool"];
  if (getter.includes("getNumberListAttribute")) return [ordered, "number"];
  if (getter.includes("getListAttribute")) return [ordered, "string"];
  if (getter.includes("getNumberAttribute") || /private _\w+\?: number/.test(getter)) return "number";
  if (getter.includes("getBooleanAttribute") || /private _\w+\?: boolean/.test(getter)) return "bool";
  if (getter.includes("getStringAttribute") || /private _\w+\?: string;/.test(getter)) return "string";
  return "dynamic";
}
