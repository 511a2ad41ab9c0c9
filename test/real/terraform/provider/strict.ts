/** Unknown, missing and ill-typed keys inside nested attributes: Terraform itself drops the unknown ones in silence. */
import { isObject, UNKNOWN, type Value } from "./msgpack.ts";
import type { Attribute, Block, TypeName } from "./schema.ts";

/** One sentence for each problem of a configuration, with the path of what it is about. */
export function nestedProblems(value: Value, block: Block, path = ""): readonly string[] {
  if (!isObject(value)) return [];
  const own = Object.entries(block.attributes ?? {}).flatMap(([name, attribute]) =>
    attribute.nested_type === undefined ? [] : attributeProblems(value[name] ?? null, attribute, join(path, name)),
  );
  const nested = Object.entries(block.block_types ?? {}).flatMap(([name, one]) =>
    itemsOf(value[name] ?? null).flatMap((item) => nestedProblems(item, one.block, join(path, name))),
  );
  return [...own, ...nested];
}

function attributeProblems(raw: Value, attribute: Attribute, path: string): readonly string[] {
  const value = undressed(raw);
  if (value === null || value === UNKNOWN) return [];
  const { nested_type: nested, type = "dynamic" } = attribute;
  if (nested === undefined)
    return fits(value, type) ? [] : [`${path} is ${JSON.stringify(value)}; it takes ${shown(type)}`];
  if (nested.nesting_mode !== "single") {
    if (!Array.isArray(value) && !(nested.nesting_mode === "map" && isObject(value)))
      return [`${path} is not a ${nested.nesting_mode}`];
    return itemsOf(value).flatMap((item, index) =>
      attributeProblems(item, { nested_type: { ...nested, nesting_mode: "single" } }, `${path}[${index}]`),
    );
  }
  if (!isObject(value)) return [`${path} is not an object`];
  const unknown = Object.keys(value).filter((key) => !Object.hasOwn(nested.attributes, key));
  const inside = Object.entries(nested.attributes).flatMap(([name, one]) => {
    const member = value[name] ?? null;
    if (one.required === true && member === null) return [`${join(path, name)} is missing`];
    return attributeProblems(member, one, join(path, name));
  });
  return [...unknown.map((key) => `${join(path, key)} is no argument of the provider's schema`), ...inside];
}

/** A value of dynamic type comes with its type in front: `[type, value]`. */
function undressed(value: Value): Value {
  return Array.isArray(value) && value.length === 2 && value[0] instanceof Uint8Array ? (value[1] ?? null) : value;
}

function itemsOf(value: Value): readonly Value[] {
  if (Array.isArray(value)) return value;
  return isObject(value) ? Object.values(value) : [];
}

/** Terraform turns numbers and booleans into text and back, so only the shape is compared. */
function fits(value: Value, type: TypeName): boolean {
  if (value === null || value === UNKNOWN || type === "dynamic") return true;
  if (typeof type === "string") return typeof value !== "object" && (type !== "number" || !Number.isNaN(Number(value)));
  const [kind, inner] = type;
  if (kind === "object") return isObject(value);
  if (kind === "map") return isObject(value) && Object.values(value).every((one) => fits(one, inner));
  return Array.isArray(value) && value.every((one) => fits(one, inner));
}

function shown(type: TypeName): string {
  return typeof type === "string" ? `a ${type}` : `a ${type[0]}`;
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}
