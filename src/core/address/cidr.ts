import { type IpAddress, parseDecimal, parseV4, parseV6 } from "./ip.ts";
import { formatV4, formatV6 } from "./ip-text.ts";

/** A block of addresses. Host bits of the text are cleared; `::ffff:a.b.c.d/n` with n ≥ 96 is the IPv4 block inside. */
export interface Cidr {
  readonly family: 4 | 6;
  /** First address of the block, as `IpAddress.words`. */
  readonly words: readonly number[];
  /** Prefix length in bits: 0…32 or 0…128. */
  readonly bits: number;
  /** Canonical text, `10.0.0.0/8`. */
  readonly text: string;
}

/** A longest-prefix table. */
export interface CidrTable<T> {
  /** Entry of the longest block that holds the address, or null. Time grows with the number of distinct lengths. */
  longest(address: IpAddress): { readonly cidr: Cidr; readonly value: T } | null;
}

/** Block in `text`: `192.0.2.0/24`, `2001:db8::/32`, or a bare address for a block of one. Null when malformed. */
export function parseCidr(text: string): Cidr | null {
  const slash = text.indexOf("/");
  const address = slash < 0 ? text : text.slice(0, slash);
  const isV6 = address.includes(":");
  const v4 = isV6 ? null : parseV4(address);
  const words = isV6 ? parseV6(address) : v4 === null ? null : [v4];
  if (words === null) return null;
  const bits = slash < 0 ? words.length * 32 : parseDecimal(text.slice(slash + 1), words.length * 32);
  if (bits === null) return null;
  const [a, b, c, d = 0] = words;
  if (isV6 && a === 0 && b === 0 && c === 0xffff && bits >= 96) return block([d], bits - 96);
  return block(words, bits);
}

/** Blocks of `texts`, and those that are malformed, for a message. */
export function parseCidrs(texts: readonly string[]): { cidrs: readonly Cidr[]; malformed: readonly string[] } {
  const cidrs: Cidr[] = [];
  const malformed: string[] = [];
  for (const text of texts) {
    const cidr = parseCidr(text);
    if (cidr === null) malformed.push(text);
    else cidrs.push(cidr);
  }
  return { cidrs, malformed };
}

/** Whether the block holds the address. Families never mix: `::/0` holds no IPv4 address, wrapped or not. */
export function cidrContains(cidr: Cidr, address: IpAddress): boolean {
  if (cidr.family !== address.family) return false;
  return cidr.words.every((word, index) => word === maskWord(address.words[index] ?? 0, cidr.bits - index * 32));
}

/** Table of blocks; of two equal blocks the first counts. */
export function cidrTable<T>(entries: Iterable<readonly [cidr: Cidr, value: T]>): CidrTable<T> {
  const byLength = new Map<string, Map<string, { cidr: Cidr; value: T }>>();
  const lengths = { 4: new Set<number>(), 6: new Set<number>() };
  for (const [cidr, value] of entries) {
    lengths[cidr.family].add(cidr.bits);
    const key = `${cidr.family}/${cidr.bits}`;
    const blocks = byLength.get(key) ?? new Map<string, { cidr: Cidr; value: T }>();
    byLength.set(key, blocks);
    const id = cidr.words.join(":");
    if (!blocks.has(id)) blocks.set(id, { cidr, value });
  }
  const longestFirst = { 4: descending(lengths[4]), 6: descending(lengths[6]) };
  return {
    longest(address: IpAddress): { readonly cidr: Cidr; readonly value: T } | null {
      for (const bits of longestFirst[address.family]) {
        const entry = byLength.get(`${address.family}/${bits}`)?.get(mask(address.words, bits).join(":"));
        if (entry !== undefined) return entry;
      }
      return null;
    },
  };
}

function descending(lengths: ReadonlySet<number>): readonly number[] {
  return [...lengths].toSorted((a, b) => b - a);
}

function block(words: readonly number[], bits: number): Cidr {
  const masked = mask(words, bits);
  const family = masked.length === 1 ? 4 : 6;
  const address = family === 4 ? formatV4(masked[0] ?? 0) : formatV6(masked);
  return { family, words: masked, bits, text: `${address}/${bits}` };
}

function mask(words: readonly number[], bits: number): readonly number[] {
  return words.map((word, index) => maskWord(word, bits - index * 32));
}

// A shift by 32 is a shift by 0 in JavaScript, hence the two early answers.
function maskWord(word: number, bits: number): number {
  if (bits <= 0) return 0;
  return bits >= 32 ? word : (word & (0xffffffff << (32 - bits))) >>> 0;
}
