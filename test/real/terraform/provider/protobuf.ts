/** The part of protocol buffers that the plugin protocol needs: varints and length-delimited fields. */

const VARINT = 0;
const DELIMITED = 2;

/** A message under construction: fields in the order given; absent and zero values are left out, as proto3 does. */
export function message(...fields: readonly (Uint8Array | null)[]): Uint8Array {
  return Buffer.concat(fields.filter((field) => field !== null));
}

export function text(field: number, value: string): Uint8Array | null {
  return value === "" ? null : bytes(field, Buffer.from(value, "utf8"));
}

/** A nested message or bytes; an empty message is still there. */
export function bytes(field: number, value: Uint8Array): Uint8Array {
  return Buffer.concat([varint(field * 8 + DELIMITED), varint(value.length), value]);
}

export function integer(field: number, value: number | boolean): Uint8Array | null {
  return Number(value) === 0 ? null : Buffer.concat([varint(field * 8 + VARINT), varint(Number(value))]);
}

/** Length-delimited fields of a message by number; the last one of a number wins. Varints are read over. */
export function fieldsOf(buffer: Uint8Array): ReadonlyMap<number, Buffer> {
  const found = new Map<number, Buffer>();
  const input = Buffer.from(buffer);
  let at = 0;
  const next = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = input.readUInt8(at++);
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < input.length) {
    const tag = next();
    const kind = tag & 7;
    if (kind === VARINT) next();
    else if (kind === DELIMITED) {
      const length = next();
      found.set(tag >> 3, input.subarray(at, at + length));
      at += length;
    } else throw new RangeError(`Cannot read a message: wire type ${kind}`);
  }
  return found;
}

function varint(value: number): Uint8Array {
  const out: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) | 128);
  out.push(rest);
  return Uint8Array.from(out);
}
