/**
 * Route 53's spelling of names and texts: a dot at the end, and every byte but letters, digits, `-` and `_` as three
 * *octal* digits (`\052` is `*`), where zone files and our canonical form use decimal ones (`\042`).
 */

import { parseV6 } from "../../core/address/ip.ts";
import { formatV6 } from "../../core/address/ip-text.ts";

/** Canonical name of one that Route 53 printed or somebody typed into its console. */
export function nameFromRoute53(name: string): string {
  const plain = name.toLowerCase().replace(/\\([0-3][0-7]{2})/g, (_, octal: string) => {
    const code = Number.parseInt(octal, 8);
    const char = String.fromCharCode(code).toLowerCase();
    return /[a-z0-9_*/-]/.test(char) ? char : decimal(code);
  });
  return plain.endsWith(".") ? plain.slice(0, -1) : plain;
}

/** The name as Route 53 is given it, which is also how it prints it. */
export function nameToRoute53(name: string): string {
  const octal = name.replace(/\\(\d{3})|[^a-z0-9_.-]/g, (part, digits: string | undefined) =>
    toOctal(digits === undefined ? part.charCodeAt(0) : Number(digits)),
  );
  return `${octal}.`;
}

/** Canonical form of one value. */
export function valueFromRoute53(type: string, value: string): string {
  switch (type) {
    case "CNAME":
    case "NS":
    case "PTR":
      return nameFromRoute53(value);
    case "MX":
    case "SRV": {
      const fields = value.split(/\s+/);
      return [...fields.slice(0, -1), nameFromRoute53(fields.at(-1) ?? "")].join(" ");
    }
    case "TXT":
    case "SPF":
      return charactersFromRoute53(value);
    case "AAAA":
      return addressText(value);
    default:
      return value;
  }
}

export function valueToRoute53(type: string, value: string): string {
  switch (type) {
    case "CNAME":
    case "NS":
    case "PTR":
      return nameToRoute53(value);
    case "MX":
    case "SRV": {
      const fields = value.split(" ");
      return [...fields.slice(0, -1), nameToRoute53(fields.at(-1) ?? "")].join(" ");
    }
    case "TXT":
    case "SPF":
      return value.replace(/\\(\d{3})/g, (_, digits: string) => toOctal(Number(digits)));
    default:
      return value;
  }
}

/** Strings in quotes, one blank between them; `"` and `\` escaped, other unprintable bytes in decimal. */
function charactersFromRoute53(value: string): string {
  const strings = [...value.matchAll(/"((?:[^"\\]|\\.)*)"/gs)].map(([, inner = ""]) =>
    inner.replace(/\\([0-3][0-7]{2})|\\(.)|[^\\]/gs, (part, octal: string | undefined, escaped: string | undefined) => {
      const code = octal === undefined ? (escaped ?? part).charCodeAt(0) : Number.parseInt(octal, 8);
      if (code === 0x22 || code === 0x5c) return `\\${String.fromCharCode(code)}`;
      return code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : decimal(code);
    }),
  );
  return strings.map((one) => `"${one}"`).join(" ");
}

/** Somebody else's AAAA may be written in any of its forms. */
function addressText(value: string): string {
  const address = parseV6(value);
  return address === null ? value : formatV6(address);
}

function decimal(code: number): string {
  return `\\${String(code & 0xff).padStart(3, "0")}`;
}

function toOctal(code: number): string {
  return `\\${(code & 0xff).toString(8).padStart(3, "0")}`;
}
