/**
 * Writes small MaxMind DB files (format 2.0, https://maxmind.github.io/MaxMind-DB/): fixtures for tests, and the
 * database of documentation addresses that `portolan up` uses. Nothing is shared between records: small input only.
 */
import { parseCidr } from "../core/address/cidr.ts";

export type MmdbValue = string | number | boolean | readonly MmdbValue[] | { readonly [key: string]: MmdbValue };

export interface MmdbOptions {
  readonly databaseType: string;
  /** 6 also holds IPv4 networks, under ::/96 as readers expect. */
  readonly ipVersion: 4 | 6;
  /** Seconds since the epoch. */
  readonly buildEpoch: number;
  /** The first of two networks that overlap must be the shorter prefix. */
  readonly networks: readonly { readonly cidr: string; readonly value: MmdbValue }[];
}

const RECORD_BYTES = 4;
const SEPARATOR = 16;
const UINT16 = 5;
const UINT32 = 6;
const UINT64 = 9;
const METADATA_MARKER = [0xab, 0xcd, 0xef, ...new TextEncoder().encode("MaxMind.com")];

type Child = number | { readonly offset: number } | null;

/** The file's bytes. RangeError for a network that is none. */
export function writeMmdb(options: MmdbOptions): Uint8Array {
  const data: number[] = [];
  const nodes: [Child, Child][] = [[null, null]];
  for (const { cidr, value } of options.networks) {
    const offset = data.length;
    encode(value, data);
    insert(nodes, networkBits(cidr, options.ipVersion), offset);
  }
  const tree = nodes.flatMap((node) => node.flatMap((child) => record(child, nodes.length)));
  const metadata = encodeMetadata(options, nodes.length);
  return Uint8Array.from([...tree, ...zeros(SEPARATOR), ...data, ...METADATA_MARKER, ...metadata]);
}

/** libmaxminddb refuses metadata whose numbers have other types than the format names. */
function encodeMetadata(options: MmdbOptions, nodeCount: number): number[] {
  const out: number[] = [];
  const entries: readonly (readonly [name: string, write: () => void])[] = [
    ["binary_format_major_version", () => unsigned(UINT16, 2, 2, out)],
    ["binary_format_minor_version", () => unsigned(UINT16, 0, 2, out)],
    ["build_epoch", () => unsigned(UINT64, options.buildEpoch, 8, out)],
    ["database_type", () => encode(options.databaseType, out)],
    ["description", () => encode({ en: options.databaseType }, out)],
    ["ip_version", () => unsigned(UINT16, options.ipVersion, 2, out)],
    ["languages", () => encode(["en"], out)],
    ["node_count", () => unsigned(UINT32, nodeCount, 4, out)],
    ["record_size", () => unsigned(UINT16, RECORD_BYTES * 8, 2, out)],
  ];
  control(7, entries.length, out);
  for (const [name, write] of entries) {
    encode(name, out);
    write();
  }
  return out;
}

function networkBits(text: string, ipVersion: 4 | 6): readonly number[] {
  const cidr = parseCidr(text);
  if (cidr === null || (ipVersion === 4 && cidr.family === 6))
    throw new RangeError(`Cannot write the network "${text}"`);
  const bits = cidr.words.flatMap((word) => Array.from({ length: 32 }, (_, index) => (word >>> (31 - index)) & 1));
  const own = bits.slice(0, cidr.bits);
  return cidr.family === 4 && ipVersion === 6 ? [...zeros(96), ...own] : own;
}

function zeros(count: number): number[] {
  return Array.from({ length: count }, () => 0);
}

function insert(nodes: [Child, Child][], bits: readonly number[], offset: number): void {
  let at = 0;
  for (const [index, bit] of bits.entries()) {
    const node = nodes[at];
    const side = bit === 0 ? 0 : 1;
    if (node === undefined) return;
    if (index === bits.length - 1) {
      node[side] = { offset };
      return;
    }
    const child = node[side];
    if (typeof child === "number") at = child;
    else {
      // A shorter network that is split here keeps both halves.
      nodes.push([child, child]);
      node[side] = nodes.length - 1;
      at = nodes.length - 1;
    }
  }
}

/** A record is the next node, "not found" (the node count), or the node count + 16 + the data's offset. */
function record(child: Child, nodeCount: number): number[] {
  const value = child === null ? nodeCount : typeof child === "number" ? child : nodeCount + SEPARATOR + child.offset;
  return bigEndian(value, RECORD_BYTES);
}

function encode(value: MmdbValue, out: number[]): void {
  if (typeof value === "string") {
    const bytes = new TextEncoder().encode(value);
    control(2, bytes.length, out);
    out.push(...bytes);
  } else if (typeof value === "boolean") control(14, value ? 1 : 0, out);
  else if (typeof value === "number") encodeNumber(value, out);
  else if (Array.isArray(value)) {
    control(11, value.length, out);
    for (const entry of value as readonly MmdbValue[]) encode(entry, out);
  } else {
    const entries = Object.entries(value);
    control(7, entries.length, out);
    for (const [key, entry] of entries) {
      encode(key, out);
      encode(entry, out);
    }
  }
}

/** Whole numbers as uint32, everything else as double. */
function encodeNumber(value: number, out: number[]): void {
  if (Number.isInteger(value) && value >= 0 && value <= 0xffffffff) {
    unsigned(UINT32, value, 4, out);
    return;
  }
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  control(3, 8, out);
  for (let index = 0; index < 8; index += 1) out.push(view.getUint8(index));
}

function unsigned(type: number, value: number, bytes: number, out: number[]): void {
  control(type, bytes, out);
  out.push(...bigEndian(value, bytes));
}

/** Type and size; types above 7 are extended, sizes above 28 take one or two more bytes. */
function control(type: number, size: number, out: number[]): void {
  const short = size < 29 ? size : size < 285 ? 29 : 30;
  out.push(((type > 7 ? 0 : type) << 5) | short);
  if (type > 7) out.push(type - 7);
  if (short === 29) out.push(size - 29);
  else if (short === 30) out.push(...bigEndian(size - 285, 2));
}

function bigEndian(value: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, index) => Math.floor(value / 256 ** (bytes - 1 - index)) % 256);
}
