/** Reading and writing the primitive parts of a DNS message (RFC 1035 §4). */

export interface ByteWriter {
  u8(value: number): void;
  u16(value: number): void;
  u32(value: number): void;
  bytes(value: Uint8Array): void;
  /** A canonical name, uncompressed: what is signed must have one spelling. */
  name(name: string): void;
  /** Writes a 16-bit length in front of what `content` writes. */
  sized(content: () => void): void;
  take(): Uint8Array<ArrayBuffer>;
}

export function byteWriter(): ByteWriter {
  let buffer = new Uint8Array(512);
  let length = 0;
  const room = (count: number) => {
    if (length + count > buffer.length) {
      const larger = new Uint8Array(Math.max(buffer.length * 2, length + count));
      larger.set(buffer.subarray(0, length));
      buffer = larger;
    }
    length += count;
    return length - count;
  };
  const writer: ByteWriter = {
    // Room first: it may move the buffer.
    u8(value) {
      const at = room(1);
      buffer[at] = value;
    },
    u16(value) {
      const at = room(2);
      new DataView(buffer.buffer).setUint16(at, value);
    },
    u32(value) {
      const at = room(4);
      new DataView(buffer.buffer).setUint32(at, value);
    },
    bytes(value) {
      const at = room(value.length);
      buffer.set(value, at);
    },
    name(name) {
      for (const label of labelsOf(name)) {
        if (label.length === 0 || label.length > 63)
          throw new RangeError(`Cannot write the name "${name}": a label has ${label.length} bytes`);
        writer.u8(label.length);
        writer.bytes(label);
      }
      writer.u8(0);
    },
    sized(content) {
      const at = room(2);
      content();
      new DataView(buffer.buffer).setUint16(at, length - at - 2);
    },
    take: () => buffer.slice(0, length),
  };
  return writer;
}

/** The bytes of each label of a canonical name; none for the root, which is written "" or ".". */
function labelsOf(name: string): Uint8Array[] {
  if (name === "" || name === ".") return [];
  return name.split(".").map((label) => unescape(label));
}

/** `\DDD` is a byte, `\c` the character c; anything beyond ASCII is its bytes in UTF-8. */
export function unescape(text: string): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  for (const [, digits, char, plain] of text.matchAll(/\\(\d{3})|\\(.)|([^\\])/gsu)) {
    if (digits !== undefined) bytes.push(Number(digits) & 0xff);
    else bytes.push(...utf8(char ?? plain ?? ""));
  }
  return Uint8Array.from(bytes);
}

function utf8(char: string): readonly number[] {
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x80) return [code];
  const tail = (shift: number): number => 0x80 | ((code >>> shift) & 0x3f);
  if (code < 0x800) return [0xc0 | (code >>> 6), tail(0)];
  if (code < 0x10000) return [0xe0 | (code >>> 12), tail(6), tail(0)];
  return [0xf0 | (code >>> 18), tail(12), tail(6), tail(0)];
}

export interface ByteReader {
  readonly at: () => number;
  readonly isDone: () => boolean;
  u8(): number;
  u16(): number;
  u32(): number;
  bytes(count: number): Uint8Array<ArrayBuffer>;
  /** Canonical name; follows compression. */
  name(): string;
  skipTo(at: number): void;
}

/** Throws RangeError for a message that ends too early or whose names go in circles. */
export function byteReader(message: Uint8Array<ArrayBuffer>, start = 0): ByteReader {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  let at = start;
  const take = (count: number) => {
    if (at + count > message.length) throw new RangeError("Cannot read the DNS message: it ends too early");
    at += count;
    return at - count;
  };
  return {
    at: () => at,
    isDone: () => at >= message.length,
    u8: () => view.getUint8(take(1)),
    u16: () => view.getUint16(take(2)),
    u32: () => view.getUint32(take(4)),
    bytes(count) {
      const from = take(count);
      return message.slice(from, from + count);
    },
    name() {
      const labels: string[] = [];
      let position = at;
      let end: number | null = null;
      // Each pointer must go backwards, so that a loop cannot be built.
      let limit = at;
      for (;;) {
        const size = message[position];
        if (size === undefined) throw new RangeError("Cannot read the DNS message: a name ends too early");
        if (size === 0) break;
        if (size >= 0xc0) {
          end ??= position + 2;
          const target = ((size & 0x3f) << 8) | (message[position + 1] ?? 0);
          if (target >= limit) throw new RangeError("Cannot read the DNS message: a name points forwards");
          limit = target;
          position = target;
          continue;
        }
        if (size > 63) throw new RangeError("Cannot read the DNS message: a label is neither short nor a pointer");
        labels.push(labelText(message.subarray(position + 1, position + 1 + size)));
        position += 1 + size;
      }
      at = end ?? position + 1;
      return labels.join(".");
    },
    skipTo(position) {
      at = position;
    },
  };
}

/** Lower case; every byte but letters, digits, `-`, `_`, `/` and `*` as `\DDD`. */
function labelText(label: Uint8Array): string {
  let text = "";
  for (const byte of label) {
    const char = String.fromCharCode(byte).toLowerCase();
    text += /[a-z0-9_*/-]/.test(char) ? char : `\\${String(byte).padStart(3, "0")}`;
  }
  return text;
}
