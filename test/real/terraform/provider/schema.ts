/** A provider's schema, in the shape that `terraform providers schema -json` prints. */

export type TypeName =
  | "string"
  | "number"
  | "bool"
  | "dynamic"
  | readonly ["list" | "set" | "map", TypeName]
  | readonly ["object", Readonly<Record<string, TypeName>>];

export type Nesting = "single" | "list" | "set" | "map";

export interface Attribute {
  /** Either this or `nested_type`. */
  readonly type?: TypeName;
  readonly nested_type?: NestedType;
  readonly required?: boolean;
  readonly optional?: boolean;
  readonly computed?: boolean;
  readonly write_only?: boolean;
  readonly sensitive?: boolean;
}

export interface NestedType {
  readonly nesting_mode: Nesting;
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export interface Block {
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly block_types?: Readonly<Record<string, NestedBlock>>;
}

export interface NestedBlock {
  readonly nesting_mode: Nesting;
  readonly block: Block;
  readonly min_items?: number;
  readonly max_items?: number;
}

export interface Schema {
  readonly block: Block;
}

export interface ProviderSchema {
  readonly provider: Schema;
  readonly resource_schemas: Readonly<Record<string, Schema>>;
  readonly data_source_schemas: Readonly<Record<string, Schema>>;
}

/** The type that a nested attribute's value has. */
export function typeOf(attribute: Attribute): TypeName {
  const { type, nested_type: nested } = attribute;
  if (nested === undefined) return type ?? "dynamic";
  const object: TypeName = [
    "object",
    Object.fromEntries(Object.entries(nested.attributes).map(([name, one]) => [name, typeOf(one)])),
  ];
  return nested.nesting_mode === "single" ? object : [nested.nesting_mode, object];
}

/** The schema with nested attributes of no declared type, so that Terraform hands on keys it would drop in silence. */
export function withoutNestedTypes(schema: ProviderSchema): ProviderSchema {
  return {
    provider: { block: loose(schema.provider.block) },
    resource_schemas: looseAll(schema.resource_schemas),
    data_source_schemas: looseAll(schema.data_source_schemas),
  };
}

function looseAll(schemas: Readonly<Record<string, Schema>>): Readonly<Record<string, Schema>> {
  return Object.fromEntries(Object.entries(schemas).map(([name, { block }]) => [name, { block: loose(block) }]));
}

function loose({ attributes = {}, block_types: blocks = {} }: Block): Block {
  return {
    attributes: Object.fromEntries(
      Object.entries(attributes).map(([name, { nested_type: nested, ...rest }]) => [
        name,
        nested === undefined ? rest : { ...rest, type: "dynamic" },
      ]),
    ),
    block_types: Object.fromEntries(
      Object.entries(blocks).map(([name, nested]) => [name, { ...nested, block: loose(nested.block) }]),
    ),
  };
}
