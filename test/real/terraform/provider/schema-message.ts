/** A provider's schema as messages of the plugin protocol, version 6. */
import { bytes, integer, message, text } from "./protobuf.ts";
import { type Attribute, type Block, type Nesting, type ProviderSchema, type Schema, typeOf } from "./schema.ts";

const NESTING: Readonly<Record<Nesting, number>> = { single: 1, list: 2, set: 3, map: 4 };

export function schemaResponse(schema: ProviderSchema): Uint8Array {
  return message(
    bytes(1, schemaMessage(schema.provider)),
    ...Object.entries(schema.resource_schemas).map(([name, one]) => entry(2, name, schemaMessage(one))),
    ...Object.entries(schema.data_source_schemas).map(([name, one]) => entry(3, name, schemaMessage(one))),
  );
}

function entry(field: number, key: string, value: Uint8Array): Uint8Array {
  return bytes(field, message(text(1, key), bytes(2, value)));
}

function schemaMessage({ block }: Schema): Uint8Array {
  return bytes(2, blockMessage(block));
}

function blockMessage({ attributes = {}, block_types: blocks = {} }: Block): Uint8Array {
  return message(
    ...Object.entries(attributes).map(([name, one]) => bytes(2, attributeMessage(name, one))),
    ...Object.entries(blocks).map(([name, one]) =>
      bytes(
        3,
        message(
          text(1, name),
          bytes(2, blockMessage(one.block)),
          integer(3, NESTING[one.nesting_mode]),
          integer(4, one.min_items ?? 0),
          integer(5, one.max_items ?? 0),
        ),
      ),
    ),
  );
}

function attributeMessage(name: string, attribute: Attribute): Uint8Array {
  const { nested_type: nested } = attribute;
  return message(
    text(1, name),
    nested === undefined ? bytes(2, Buffer.from(JSON.stringify(typeOf(attribute)))) : null,
    integer(4, attribute.required ?? false),
    integer(5, attribute.optional ?? false),
    integer(6, attribute.computed ?? false),
    integer(7, attribute.sensitive ?? false),
    nested === undefined
      ? null
      : bytes(
          10,
          message(
            ...Object.entries(nested.attributes).map(([member, one]) => bytes(1, attributeMessage(member, one))),
            integer(3, NESTING[nested.nesting_mode]),
          ),
        ),
    integer(11, attribute.write_only ?? false),
  );
}
