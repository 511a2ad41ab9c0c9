/** Data of records between their canonical text and the wire; types that are not known here as `\# n hex` (RFC 3597). */
import { parseV4, parseV6 } from "../../address/ip.ts";
import { formatV4, formatV6 } from "../../address/ip-text.ts";
import { byteReader, type ByteWriter, unescape } from "./bytes.ts";

const TYPES: Readonly<Record<string, number>> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  NAPTR: 35,
  DNAME: 39,
  DS: 43,
  SSHFP: 44,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  NSEC3: 50,
  NSEC3PARAM: 51,
  TLSA: 52,
  CDS: 59,
  CDNSKEY: 60,
  SVCB: 64,
  HTTPS: 65,
  SPF: 99,
  CAA: 257,
};
const NAMES = new Map(Object.entries(TYPES).map(([name, number]) => [number, name]));

export function typeNumber(type: string): number {
  const number = TYPES[type] ?? Number(/^TYPE(\d{1,5})$/.exec(type)?.[1] ?? Number.NaN);
  if (!(number >= 0 && number <= 0xffff))
    throw new RangeError(`Cannot write the record type "${type}": it has no number`);
  return number;
}

export function typeName(number: number): string {
  return NAMES.get(number) ?? `TYPE${number}`;
}

/** Throws RangeError for a text that is not data of the type. */
export function writeRdata(writer: ByteWriter, type: string, value: string): void {
  const fields = value.split(" ");
  const generic = /^\\# \d+ ?([0-9a-f ]*)$/i.exec(value);
  if (generic !== null) return writer.bytes(bytesOfHex((generic[1] ?? "").replaceAll(" ", "")));
  switch (type) {
    case "A": {
      const address = parseV4(value);
      if (address === null) throw notData(type, value);
      return writer.u32(address);
    }
    case "AAAA": {
      const words = parseV6(value);
      if (words === null) throw notData(type, value);
      for (const word of words) writer.u32(word);
      return;
    }
    case "CNAME":
    case "NS":
    case "PTR":
      if (fields.length !== 1 || value === "") throw notData(type, value);
      return writer.name(value);
    case "SOA": {
      const [mname = "", rname = "", ...numbers] = fields;
      if (numbers.length !== 5 || numbers.some((one) => !/^\d{1,10}$/.test(one))) throw notData(type, value);
      writer.name(mname);
      writer.name(rname);
      for (const number of numbers) writer.u32(Number(number));
      return;
    }
    case "MX":
    case "SRV": {
      const numbers = fields.slice(0, -1).map(Number);
      const isFull = numbers.length === (type === "MX" ? 1 : 3);
      if (!isFull || numbers.some((one) => !(one >= 0 && one <= 0xffff))) throw notData(type, value);
      for (const number of numbers) writer.u16(number);
      return writer.name(fields.at(-1) ?? "");
    }
    case "TXT":
    case "SPF": {
      const strings = [...value.matchAll(/"((?:[^"\\]|\\.)*)"/gs)];
      if (strings.length === 0) throw notData(type, value);
      for (const [, text = ""] of strings) {
        const bytes = unescape(text);
        if (bytes.length > 255) throw notData(type, value);
        writer.u8(bytes.length);
        writer.bytes(bytes);
      }
      return;
    }
    default:
      throw notData(type, value);
  }
}

/** Reads `length` bytes of data at a place of the message, which compressed names need. */
export function readRdata(message: Uint8Array<ArrayBuffer>, at: number, length: number, type: string): string {
  const reader = byteReader(message, at);
  switch (type) {
    case "A":
      return formatV4(reader.u32());
    case "AAAA":
      return formatV6([reader.u32(), reader.u32(), reader.u32(), reader.u32()]);
    case "CNAME":
    case "NS":
    case "PTR":
      return reader.name();
    case "MX":
      return `${reader.u16()} ${reader.name()}`;
    case "SRV":
      return `${reader.u16()} ${reader.u16()} ${reader.u16()} ${reader.name()}`;
    case "SOA":
      return [reader.name(), reader.name(), ...[1, 2, 3, 4, 5].map(() => reader.u32())].join(" ");
    case "TXT":
    case "SPF": {
      const strings: string[] = [];
      while (reader.at() < at + length) strings.push(`"${characters(reader.bytes(reader.u8()))}"`);
      return strings.join(" ");
    }
    default:
      return `\\# ${length} ${hexOfBytes(reader.bytes(length))}`.trimEnd();
  }
}

function characters(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    if (byte === 0x22 || byte === 0x5c) text += `\\${String.fromCharCode(byte)}`;
    else text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\${String(byte).padStart(3, "0")}`;
  }
  return text;
}

function bytesOfHex(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length >>> 1 }, (_, index) =>
    Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16),
  );
}

function hexOfBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function notData(type: string, value: string): RangeError {
  return new RangeError(`Cannot write "${value.slice(0, 80)}": it is not data of the type ${type}`);
}
