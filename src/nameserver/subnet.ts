/** EDNS client subnet (RFC 7871): the part of a client's address that its resolver passes on. */
import { type IpAddress, ipv4, unwrap } from "../core/address/ip.ts";

export interface ClientSubnet {
  readonly family: 4 | 6;
  /** SOURCE PREFIX-LENGTH; 0 asks not to be located. */
  readonly bits: number;
  /** As in `IpAddress.words`; what lies behind the prefix is zero. */
  readonly words: readonly number[];
  /** Where the address's own bytes stand in the query, to be sent back as they came, and how many they are. */
  readonly at: number;
  readonly size: number;
}

/** Reads the option's data; null for what RFC 7871 §7.1.2 wants refused. */
export function readSubnet(data: Uint8Array, start: number, end: number): ClientSubnet | null {
  if (end - start < 4) return null;
  const family = ((data[start] ?? 0) << 8) | (data[start + 1] ?? 0);
  const bits = data[start + 2] ?? 0;
  // A query has no scope; it says where the client is, not how much of that counts.
  if (data[start + 3] !== 0 || (family !== 1 && family !== 2)) return null;
  const size = Math.ceil(bits / 8);
  if (bits > (family === 1 ? 32 : 128) || end - start - 4 !== size) return null;
  const at = start + 4;
  const spare = size * 8 - bits;
  if (spare > 0 && ((data[end - 1] ?? 0) & ((1 << spare) - 1)) !== 0) return null;
  const first = wordAt(data, at, end);
  if (family === 1) return { family: 4, bits, words: [first], at, size };
  const words = [first, wordAt(data, at + 4, end), wordAt(data, at + 8, end), wordAt(data, at + 12, end)];
  return { family: 6, bits, words, at, size };
}

/** Four bytes as a number; what lies behind the end is zero. */
function wordAt(data: Uint8Array, at: number, end: number): number {
  let word = 0;
  for (let index = at; index < at + 4; index += 1) word = (word << 8) | (index < end ? (data[index] ?? 0) : 0);
  return word >>> 0;
}

/** The first address of the network of `bits` that holds the words. */
export function networkAddress(family: 4 | 6, words: readonly number[], bits: number): IpAddress {
  const masked = words.map((word, index) => maskWord(word, bits - index * 32));
  return family === 4 ? ipv4(masked[0] ?? 0, null) : unwrap(masked);
}

/** How many leading bits two addresses of one family share. */
export function commonBits(a: readonly number[], b: readonly number[]): number {
  for (const [index, word] of a.entries()) {
    const different = (word ^ (b[index] ?? 0)) >>> 0;
    if (different !== 0) return index * 32 + Math.clz32(different);
  }
  return a.length * 32;
}

function maskWord(word: number, bits: number): number {
  if (bits <= 0) return 0;
  return bits >= 32 ? word : (word & (0xffffffff << (32 - bits))) >>> 0;
}
