import { trimOws } from "./ip.ts";

/** Entries of `X-Forwarded-For`, the nearest hop first; empty list elements are skipped (RFC 9110 §5.6.1.2). */
export function* forwardedForNodes(lines: readonly string[]): Generator<string> {
  for (const element of elementsFromRight(lines, ",")) yield element;
}

/**
 * `for` nodes of `Forwarded` (RFC 7239), the nearest hop first, without quotes. An element without exactly one
 * well-formed `for` yields the empty string, which is not an address.
 */
export function* forwardedNodes(lines: readonly string[]): Generator<string> {
  for (const element of elementsFromRight(lines, ",")) yield forNode(element);
}

/**
 * Elements of a list from the right. Reading from the right matters: an unpaired quote that a client sent is to the
 * left of what a proxy appended, and a reader from the left would take the proxy's element for part of a string.
 */
function* elementsFromRight(lines: readonly string[], separator: string): Generator<string> {
  const text = lines.join(",");
  let end = text.length;
  let quoted = false;
  for (let index = text.length - 1; index >= 0; index -= 1) {
    const char = text[index];
    if (char === '"' && !isEscaped(text, index)) quoted = !quoted;
    if (char !== separator || quoted) continue;
    const element = trimOws(text.slice(index + 1, end));
    if (element !== "") yield element;
    end = index;
  }
  const first = trimOws(text.slice(0, end));
  if (first !== "") yield first;
}

function isEscaped(text: string, index: number): boolean {
  let slashes = 0;
  while (text[index - 1 - slashes] === "\\") slashes += 1;
  return slashes % 2 === 1;
}

function forNode(element: string): string {
  let node: string | null = null;
  for (const pair of elementsFromRight([element], ";")) {
    const equals = pair.indexOf("=");
    if (equals < 0) return "";
    if (pair.slice(0, equals).toLowerCase() !== "for") continue;
    // RFC 7239 §4: each parameter must not occur more than once.
    if (node !== null) return "";
    node = unquoted(pair.slice(equals + 1));
  }
  return node ?? "";
}

// No node needs a backslash, so an escape is not undone: it makes the node malformed.
function unquoted(value: string): string {
  return value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}
