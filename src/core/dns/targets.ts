/** Order and sameness of target lists, as external-dns compares them. Mode `compat` and everything that reads it. */
import { parseV4, parseV6 } from "../address/ip.ts";
import { formatV4, formatV6 } from "../address/ip-text.ts";
import { compareText } from "../match-route.ts";

/** Equal as sets of addresses and names, whatever their order, case or IPv6 spelling. */
export function sameTargets(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  const [left, right] = [sortedTargets(a.map(lower)), sortedTargets(b.map(lower))];
  return left.every((one, index) => canonical(one) === canonical(right[index] ?? ""));
}

/**
 * Negative when `a` is the smaller list: 1. fewer targets; 2. at the first difference an address before a name,
 * addresses as numbers (IPv4 first), names as text.
 */
export function compareTargets(a: readonly string[], b: readonly string[]): number {
  if (a.length !== b.length) return a.length - b.length;
  const [left, right] = [sortedTargets(a), sortedTargets(b)];
  for (const [index, one] of left.entries()) {
    const other = right[index] ?? "";
    if (one !== other) return compareOne(one, other);
  }
  return 0;
}

/** Words of an address literal, or null for a name. An IPv4 address inside an IPv6 one stays what it is written as. */
export function addressWords(text: string): readonly number[] | null {
  if (text.includes(":")) return parseV6(text);
  const value = parseV4(text);
  return value === null ? null : [value];
}

/** Addresses in their canonical spelling, names as they are. */
export function canonicalTarget(text: string): string {
  return canonical(text);
}

function sortedTargets(targets: readonly string[]): readonly string[] {
  return [...targets].sort((a, b) => compareText(canonical(a), canonical(b)));
}

function compareOne(a: string, b: string): number {
  const [left, right] = [addressWords(a), addressWords(b)];
  if (left === null && right === null) return compareText(a, b);
  if (left === null || right === null) return left === null ? 1 : -1;
  if (left.length !== right.length) return left.length - right.length;
  for (const [index, word] of left.entries()) {
    const other = right[index] ?? 0;
    if (word !== other) return word - other;
  }
  return 0;
}

function canonical(text: string): string {
  const words = addressWords(text);
  if (words === null) return text;
  return words.length === 1 ? formatV4(words[0] ?? 0) : formatV6(words);
}

function lower(text: string): string {
  return text.toLowerCase();
}
