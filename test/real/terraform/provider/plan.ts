/** What a provider makes of a configuration in a plan: what it computes is not known before it has been asked. */
import { isObject, UNKNOWN, type Value } from "./msgpack.ts";
import { type Attribute, type Block, type NestedType, type TypeName, typeOf } from "./schema.ts";

/** What stands for a computed value that nobody gave: nothing known, or a word that says where it is from. */
export type Computed = (path: string, attribute: Attribute) => Value;

export const unknownValue: Computed = () => UNKNOWN;

/** Values as if the provider had answered: a reference to one is then seen in the plan. */
export const namedValue: Computed = (path, attribute) => sample(path, typeOf(attribute));

/** The proposed state with every computed value that nobody gave filled in. */
export function planned(value: Value, block: Block, computed: Computed, path: string): Value {
  if (!isObject(value)) return value;
  const attributes = Object.entries(block.attributes ?? {}).map(
    ([name, one]) => [name, plannedAttribute(value[name] ?? null, one, computed, `${path}.${name}`)] as const,
  );
  const blocks = Object.entries(block.block_types ?? {}).map(
    ([name, { nesting_mode: nesting, block: inner }]) =>
      [name, each(value[name] ?? null, nesting, (item) => planned(item, inner, computed, `${path}.${name}`))] as const,
  );
  return Object.fromEntries([...attributes, ...blocks]);
}

function plannedAttribute(value: Value, attribute: Attribute, computed: Computed, path: string): Value {
  if (value === null) return attribute.computed === true ? computed(path, attribute) : null;
  const { nested_type: nested } = attribute;
  if (nested === undefined) return value;
  return each(value, nested.nesting_mode, (item) => planned(item, nested, computed, path));
}

function each(value: Value, nesting: NestedType["nesting_mode"], change: (item: Value) => Value): Value {
  if (nesting === "single") return change(value);
  if (Array.isArray(value)) return value.map(change);
  if (nesting === "map" && isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, change(item)]));
  }
  return value;
}

function sample(path: string, type: TypeName): Value {
  if (type === "string") return `<${path}>`;
  // Any number or boolean could be what the module sets itself.
  if (type === "number" || type === "bool" || type === "dynamic") return UNKNOWN;
  const [kind, inner] = type;
  if (kind === "map") return {};
  if (kind !== "object") return [sample(`${path}[0]`, inner)];
  return Object.fromEntries(Object.entries(inner).map(([name, one]) => [name, sample(`${path}.${name}`, one)]));
}
