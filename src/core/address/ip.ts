/**
 * IP addresses from text, strictly: what a socket, `X-Forwarded-For` or `Forwarded` may carry, and nothing that
 * `inet_aton` would guess (octal, hexadecimal, integer and short forms), since two readers of one text that disagree
 * are an attack.
 */
import { formatV4, formatV6 } from "./ip-text.ts";

/** How an IPv4 address was wrapped in an IPv6 one: `::ffff:0:0/96`, `64:ff9b::/96` or `2002::/16`. */
export type Wrapping = "mapped" | "nat64" | "6to4";

/** An address in canonical form; an IPv4 address inside an IPv6 one is unwrapped, and `wrapping` says so. */
export interface IpAddress {
  readonly family: 4 | 6;
  /** Unsigned 32-bit words, most significant first: one for IPv4, four for IPv6. */
  readonly words: readonly number[];
  /** Dotted decimal, or RFC 5952 text; never with brackets, port or zone. */
  readonly text: string;
  readonly wrapping: Wrapping | null;
}

/**
 * Address in `text`: white space around it, one pair of quotes, brackets around IPv6 and a port are taken off
 * (RFC 7239 §6, and the `address:port` that some load balancers append). Null for everything else.
 */
export function parseAddress(text: string): IpAddress | null {
  // Nearly every client's address is a bare IPv4 one: nothing to take off.
  const value = parseV4(text);
  if (value !== null) return literalV4(value, text);
  const bare = unquote(trimOws(text));
  if (bare.startsWith("[")) {
    const end = bare.indexOf("]");
    if (end < 0) return null;
    const rest = bare.slice(end + 1);
    if (rest !== "" && !isPortSuffix(rest)) return null;
    const words = parseV6(bare.slice(1, end));
    return words === null ? null : unwrap(words);
  }
  const colon = bare.indexOf(":");
  // One colon is an IPv4 address and a port; IPv6 has at least two.
  if (colon >= 0 && bare.indexOf(":", colon + 1) < 0) {
    return isPortSuffix(bare.slice(colon)) ? parseLiteral(bare.slice(0, colon)) : null;
  }
  return parseLiteral(bare);
}

/** Address in `text` with nothing around it: no white space, quotes, brackets, port or zone. */
export function parseLiteral(text: string): IpAddress | null {
  if (text.includes(":")) {
    const words = parseV6(text);
    return words === null ? null : unwrap(words);
  }
  const value = parseV4(text);
  return value === null ? null : literalV4(value, text);
}

/** What is read so strictly has one spelling, and this is it. */
function literalV4(value: number, text: string): IpAddress {
  return { family: 4, words: [value], text, wrapping: null };
}

/** IPv4 address of an unsigned 32-bit number. */
export function ipv4(value: number, wrapping: Wrapping | null): IpAddress {
  return { family: 4, words: [value], text: formatV4(value), wrapping };
}

/** Address of four unsigned 32-bit words; an IPv4 address inside is unwrapped. */
export function unwrap(words: readonly number[]): IpAddress {
  const [a = 0, b = 0, c = 0, d = 0] = words;
  if (a === 0 && b === 0 && c === 0xffff) return ipv4(d, "mapped");
  if (a === 0x64ff9b && b === 0 && c === 0) return ipv4(d, "nat64");
  if (a >>> 16 === 0x2002) return ipv4((((a & 0xffff) << 16) | (b >>> 16)) >>> 0, "6to4");
  return { family: 6, words: [a, b, c, d], text: formatV6(words), wrapping: null };
}

/** Dotted decimal with exactly four parts of 0…255, without leading zeros (which some readers take for octal). */
export function parseV4(text: string): number | null {
  if (text.length > 15) return null;
  let value = 0;
  let byte = 0;
  let digits = 0;
  let dots = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === 46) {
      if (digits === 0) return null;
      value = value * 256 + byte;
      [byte, digits] = [0, 0];
      dots += 1;
      continue;
    }
    if (code < 48 || code > 57 || (digits > 0 && byte === 0)) return null;
    byte = byte * 10 + code - 48;
    digits += 1;
    if (byte > 255) return null;
  }
  return dots === 3 && digits > 0 ? value * 256 + byte : null;
}

/** IPv6 text (RFC 4291 §2.2) as four unsigned words, or null. `::` stands for at least one group; no zone. */
export function parseV6(text: string): readonly number[] | null {
  if (text.length > 45) return null;
  const gap = text.indexOf("::");
  if (gap < 0) {
    const groups = parseGroups(text, true);
    return groups?.length === 8 ? toWords(groups) : null;
  }
  const head = gap === 0 ? [] : parseGroups(text.slice(0, gap), false);
  const tail = gap + 2 === text.length ? [] : parseGroups(text.slice(gap + 2), true);
  if (head === null || tail === null || head.length + tail.length > 7) return null;
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => 0);
  return toWords([...head, ...zeros, ...tail]);
}

/** Whole decimal number 0…max without sign, leading zero or white space, or null. */
export function parseDecimal(text: string, max: number): number | null {
  if (text.length === 0 || text.length > 10 || (text.length > 1 && text.startsWith("0"))) return null;
  let value = 0;
  for (const char of text) {
    const digit = char.charCodeAt(0) - 48;
    if (digit < 0 || digit > 9) return null;
    value = value * 10 + digit;
  }
  return value > max ? null : value;
}

/** Text without the optional white space of RFC 9110 §5.6.3 (blanks and tabs) at both ends. */
export function trimOws(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function unquote(text: string): string {
  return text.length >= 2 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
}

// RFC 7239 §6: node-port is 1 to 5 digits, or an obfuscated port that starts with an underscore.
function isPortSuffix(text: string): boolean {
  if (!text.startsWith(":")) return false;
  if (text.startsWith(":_")) return /^[A-Za-z0-9._-]{1,64}$/.test(text.slice(2));
  return /^[0-9]{1,5}$/.test(text.slice(1)) && Number(text.slice(1)) <= 65535;
}

function parseGroups(text: string, mayEndInV4: boolean): number[] | null {
  const parts = text.split(":");
  if (parts.length > 8) return null;
  const groups: number[] = [];
  for (const [index, part] of parts.entries()) {
    if (mayEndInV4 && index === parts.length - 1 && part.includes(".")) {
      const value = parseV4(part);
      if (value === null) return null;
      groups.push(value >>> 16, value & 0xffff);
    } else {
      if (!/^[0-9A-Fa-f]{1,4}$/.test(part)) return null;
      groups.push(Number.parseInt(part, 16));
    }
  }
  return groups;
}

function toWords(groups: readonly number[]): readonly number[] {
  return [0, 2, 4, 6].map((index) => (groups[index] ?? 0) * 65536 + (groups[index + 1] ?? 0));
}
