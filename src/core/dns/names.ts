/**
 * DNS names in one spelling: lower case, no trailing dot, every byte that is not a letter, digit, hyphen, underscore,
 * slash or `*` as `\DDD`. In this spelling names are equal exactly if their text is, and a dot is always a label's end.
 */
import type { RecordSet, Zone } from "./records.ts";

export type DnsName = { readonly ok: true; readonly name: string } | { readonly ok: false; readonly reason: string };

const MAX_LABEL = 63;
/** 255 bytes on the wire, less the length byte of the first label and the root's. */
const MAX_NAME = 253;

/** Reads any spelling of RFC 1035; `\042` and `\*` are the asterisk. Route 53's `\052` is octal: its provider reads that. */
export function dnsName(text: string): DnsName {
  const labels: number[][] = [[]];
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === 46) {
      if (index < text.length - 1 || text.length === 1) labels.push([]);
      continue;
    }
    if (code > 126 || code <= 32) return refuse(describe(code));
    const escaped = code === 92 ? readEscape(text, index) : { byte: code, length: 1 };
    if (escaped === null) return refuse("a backslash is not followed by three digits of a byte or by a character");
    index += escaped.length - 1;
    labels.at(-1)?.push(escaped.byte >= 65 && escaped.byte <= 90 ? escaped.byte + 32 : escaped.byte);
  }
  if (labels.some((label) => label.length === 0)) return refuse("it has an empty label");
  if (labels.some((label) => label.length > MAX_LABEL)) return refuse(`a label is longer than ${MAX_LABEL} bytes`);
  const bytes = labels.reduce((sum, label) => sum + label.length + 1, -1);
  if (bytes > MAX_NAME) return refuse(`it is longer than ${MAX_NAME} bytes`);
  return { ok: true, name: labels.map((label) => label.map(printByte).join("")).join(".") };
}

/** Why Portolan would not write records at a canonical name; null when it would. A wildcard is the whole first label. */
export function managedNameProblem(name: string): string | null {
  const isSimple = name.length <= MAX_NAME && /^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/.test(name);
  const read: DnsName = isSimple ? { ok: true, name } : dnsName(name);
  if (!read.ok) return read.reason;
  if (read.name !== name) return `it is not canonical: write "${read.name}"`;
  for (const [index, label] of name.split(".").entries()) {
    if (label === "*" && index === 0) continue;
    // RFC 1123 hosts, and the underscore of SRV and TXT owners.
    if (!/^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?$/.test(label)) return `the label "${label}" is no host name`;
  }
  return null;
}

/** Whether a name is the zone's apex or below it, label by label: `evilgslb.example.com` is not in `gslb.example.com`. */
export function isWithin(name: string, zone: string): boolean {
  return name === zone || name.endsWith(`.${zone}`);
}

/** Parent of a name, or null at the top. */
export function parentOf(name: string): string | null {
  const dot = name.indexOf(".");
  return dot === -1 ? null : name.slice(dot + 1);
}

/** Zones of one visibility that a name's records belong in: those with the longest matching name, usually one. */
export function zonesOf(name: string, zones: readonly Zone[], visibility: Zone["visibility"]): readonly Zone[] {
  const matching = zones.filter((zone) => zone.visibility === visibility && isWithin(name, zone.name));
  const longest = Math.max(...matching.map((zone) => zone.name.length));
  return matching.filter((zone) => zone.name.length === longest);
}

/** As external-dns chooses on Route 53: the closest public zone, and every private one that matches. */
export function suitableZones(name: string, zones: readonly Zone[]): readonly Zone[] {
  const hidden = zones.filter((zone) => zone.visibility === "private" && isWithin(name, zone.name));
  return [...zonesOf(name, zones, "public"), ...hidden];
}

/** Names below the apex that are delegated elsewhere. */
export function delegationsIn(zone: Zone, current: readonly RecordSet[]): ReadonlySet<string> {
  return new Set(current.filter((set) => set.type === "NS" && set.name !== zone.name).map((set) => set.name));
}

/**
 * The delegation that hides a name: everything at or below a foreign NS set is answered elsewhere, so that a record
 * written there would never be seen. Null when nothing hides it.
 */
export function delegationAbove(name: string, zone: Zone, delegations: ReadonlySet<string>): string | null {
  for (
    let at: string | null = delegations.size === 0 ? null : name;
    at !== null && at !== zone.name;
    at = parentOf(at)
  ) {
    if (delegations.has(at)) return at;
  }
  return null;
}

function readEscape(text: string, at: number): { byte: number; length: number } | null {
  const digits = text.slice(at + 1, at + 4);
  if (/^[0-9]{3}$/.test(digits)) {
    const byte = Number(digits);
    return byte > 255 ? null : { byte, length: 4 };
  }
  const code = text.charCodeAt(at + 1);
  return Number.isNaN(code) || code > 126 || (code >= 48 && code <= 57) ? null : { byte: code, length: 2 };
}

function printByte(byte: number): string {
  const char = String.fromCharCode(byte);
  return /[a-z0-9_*/-]/.test(char) ? char : `\\${String(byte).padStart(3, "0")}`;
}

function describe(code: number): string {
  // Two libraries map one Unicode name to different A-labels (ß, emoji): the person has to choose the bytes.
  if (code > 126) return `it holds U+${code.toString(16).padStart(4, "0")}: write the A-label (xn--…) instead`;
  return `it holds the character U+${code.toString(16).padStart(4, "0")}`;
}

function refuse(reason: string): DnsName {
  return { ok: false, reason };
}
