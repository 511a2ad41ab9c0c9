/** MessagePack as Terraform writes values: an extension stands for a value that is not known yet. */

export const UNKNOWN: unique symbol = Symbol("unknown");

export type Value =
  | null
  | boolean
  | number
  | string
  | typeof UNKNOWN
  | Uint8Array
  | readonly Value[]
  | { readonly [key: string]: Value };

export function isObject(value: Value | undefined): value is { readonly [key: string]: Value } {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

export function encode(value: Value): Uint8Array {
  if (value === UNKNOWN) return Uint8Array.of(0xd4, 0, 0);
  if (value === null) return Uint8Array.of(0xc0);
  if (typeof value === "boolean") return Uint8Array.of(value ? 0xc3 : 0xc2);
  if (typeof value === "number") return encodeNumber(value);
  if (typeof value === "string") return sized(0xdb, Buffer.from(value, "utf8"));
  if (value instanceof Uint8Array) return sized(0xc6, value);
  if (Array.isArray(value)) return Buffer.concat([head(0xdd, value.length), ...value.map(encode)]);
  const entries = Object.entries(value);
  return Buffer.concat([head(0xdf, entries.length), ...entries.flatMap(([key, one]) => [encode(key), encode(one)])]);
}

export function decode(input: Uint8Array): Value {
  return decoder(Buffer.from(input))();
}

function decoder(input: Buffer): () => Value {
  let at = 0;
  const unsigned = (size: number): number => {
    at += size;
    return size === 8 ? Number(input.readBigUInt64BE(at - 8)) : input.readUIntBE(at - size, size);
  };
  const signed = (size: number): number => {
    at += size;
    return size === 8 ? Number(input.readBigInt64BE(at - 8)) : input.readIntBE(at - size, size);
  };
  const take = (size: number): Buffer => input.subarray(at, (at += size));
  const array = (size: number): Value => Array.from({ length: size }, () => read());
  const map = (size: number): Value => Object.fromEntries(Array.from({ length: size }, () => [key(), read()] as const));
  const key = (): string => {
    const name = read();
    if (typeof name !== "string") throw new RangeError("Cannot read MessagePack: a key is not text");
    return name;
  };
  const extension = (size: number): Value => {
    at += 1 + size;
    return UNKNOWN;
  };
  const read = (): Value => {
    const tag = unsigned(1);
    if (tag < 0x80) return tag;
    if (tag >= 0xe0) return tag - 256;
    if (tag < 0x90) return map(tag & 15);
    if (tag < 0xa0) return array(tag & 15);
    if (tag < 0xc0) return take(tag & 31).toString("utf8");
    if (tag >= 0xcc && tag <= 0xcf) return unsigned(2 ** (tag - 0xcc));
    if (tag >= 0xd0 && tag <= 0xd3) return signed(2 ** (tag - 0xd0));
    if (tag >= 0xd4 && tag <= 0xd8) return extension(2 ** (tag - 0xd4));
    switch (tag) {
      case 0xc0:
        return null;
      case 0xc2:
      case 0xc3:
        return tag === 0xc3;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return take(unsigned(2 ** (tag - 0xc4)));
      case 0xc7:
      case 0xc8:
      case 0xc9:
        return extension(unsigned(2 ** (tag - 0xc7)));
      case 0xca:
        return take(4).readFloatBE();
      case 0xcb:
        return take(8).readDoubleBE();
      case 0xd9:
      case 0xda:
      case 0xdb:
        return take(unsigned(2 ** (tag - 0xd9))).toString("utf8");
      case 0xdc:
      case 0xdd:
        return array(unsigned(2 ** (tag - 0xdb)));
      case 0xde:
      case 0xdf:
        return map(unsigned(2 ** (tag - 0xdd)));
      default:
        throw new RangeError(`Cannot read MessagePack: tag ${tag}`);
    }
  };
  return read;
}

function encodeNumber(value: number): Uint8Array {
  const out = Buffer.alloc(9);
  if (Number.isSafeInteger(value)) {
    out.writeUInt8(0xd3);
    out.writeBigInt64BE(BigInt(value), 1);
  } else {
    out.writeUInt8(0xcb);
    out.writeDoubleBE(value, 1);
  }
  return out;
}

function sized(tag: number, value: Uint8Array): Uint8Array {
  return Buffer.concat([head(tag, value.length), value]);
}

function head(tag: number, size: number): Uint8Array {
  const out = Buffer.alloc(5);
  out.writeUInt8(tag);
  out.writeUInt32BE(size, 1);
  return out;
}
