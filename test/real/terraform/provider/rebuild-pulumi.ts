/**
 * Rebuilds resources of a provider from its published Pulumi package, whose types are made from the provider's schema.
 * Names of members are exact; that a list of objects is a block, and the singular of its name, is inferred.
 */
import type { Attribute, Block, NestedBlock, Schema, TypeName } from "./schema.ts";

const MEMBER = /^ {4}(?:readonly )?(\w+)(\??): (.+);$/;
const INPUT = /^pulumi\.Input<(.*)>$/;

/** `resource` is the text of `<name>.d.ts`, `types` that of `types/input.d.ts`. */
export function rebuildFromPulumi(resource: string, types: string, className: string): Schema {
  const { attributes, block_types: blocks } = blockOf(membersOf(resource, `${className}Args`), types);
  const inputs = new Set(membersOf(resource, `${className}Args`).map(({ name }) => name));
  const computed = membersOf(resource, `${className}State`).filter(({ name }) => !inputs.has(name));
  const outputs = computed.map(
    ({ name, type }) => [snake(name), { computed: true, type: plain(type) ?? "dynamic" }] as const,
  );
  const own: Record<string, Attribute> = {
    id: { computed: true, type: "string" },
    ...Object.fromEntries(outputs),
    ...attributes,
  };
  // Pulumi makes names up; Terraform does not.
  if (own["name"] !== undefined) own["name"] = { required: true, type: "string" };
  return { block: { attributes: own, block_types: blocks ?? {} } };
}

interface Member {
  readonly name: string;
  readonly optional: boolean;
  readonly type: string;
}

function membersOf(text: string, name: string): readonly Member[] {
  const body = new RegExp(`^export interface ${name} \\{$([^]*?)^\\}$`, "m").exec(text)?.[1] ?? "";
  return body
    .replaceAll(/<\{\s*\[key: string\]: pulumi\.Input<(\w+)>;\s*\}>/g, "<Map<$1>>")
    .split("\n")
    .flatMap((line) => {
      const [, member, mark, type] = MEMBER.exec(line) ?? [];
      return member === undefined ? [] : [{ name: member, optional: mark === "?", type: inner(type ?? "") }];
    });
}

function blockOf(members: readonly Member[], types: string): Block {
  const attributes: Record<string, Attribute> = {};
  const blocks: Record<string, NestedBlock> = {};
  for (const { name, optional, type } of members) {
    const nested = /^(?:inputs\.(\w+)|pulumi\.Input<inputs\.(\w+)>\[\])$/.exec(type);
    const structure = nested?.[1] ?? nested?.[2];
    if (structure === undefined) {
      attributes[snake(name)] = { ...(optional ? { optional } : { required: true }), type: plain(type) ?? "dynamic" };
      continue;
    }
    const single = nested?.[1] !== undefined;
    blocks[snake(single ? name : singular(name))] = {
      nesting_mode: single ? "list" : "set",
      block: blockOf(membersOf(types, structure), types),
      ...(single ? { max_items: 1 } : {}),
    };
  }
  return { attributes, block_types: blocks };
}

function plain(type: string): TypeName | null {
  if (type === "string" || type === "number") return type;
  if (type === "boolean") return "bool";
  if (type === "Map<string>") return ["map", "string"];
  const item = /^pulumi\.Input<(string|number)>\[\]$/.exec(type)?.[1];
  return item === "string" || item === "number" ? ["set", item] : null;
}

function inner(type: string): string {
  return INPUT.exec(type)?.[1] ?? type;
}

function singular(name: string): string {
  if (name.endsWith("ies")) return `${name.slice(0, -3)}y`;
  return name.endsWith("s") ? name.slice(0, -1) : name;
}

function snake(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
