/**
 * What DNS itself refuses, whoever the provider is. The strict reference asks this, and so do far sides that would
 * take anything (an external-dns webhook), so that a mistake ends as one refused change and not as a broken zone.
 */
import { isWithin } from "../core/dns/names.ts";
import type { RecordSet, Zone } from "../core/dns/records.ts";

/** Why this set cannot stand in the zone at all, or null. */
export function problemOfSet(set: RecordSet, zone: Zone): string | null {
  const { name, type } = set;
  if (!isWithin(name, zone.name)) return `Cannot write ${type} "${name}": it is outside the zone "${zone.name}"`;
  if (name.length > 253) return `Cannot write ${type} "${name.slice(0, 40)}…": it has ${name.length} characters`;
  const label = name.split(".").find((one) => one === "" || one.replace(/\\\d{3}/g, "x").length > 63);
  if (label !== undefined) return `Cannot write ${type} "${name}": the label "${label}" is empty or longer than 63`;
  if (name === zone.name && (type === "CNAME" || type === "SOA" || type === "NS")) {
    return `Cannot write ${type} "${name}": it is the apex of the zone`;
  }
  if (set.alias === null && set.values.length === 0) return `Cannot write ${type} "${name}": it has no value`;
  if ((set.setIdentifier === null) !== (set.policy === null)) {
    return `Cannot write ${type} "${name}": a policy and a set identifier come together`;
  }
  if (type === "CNAME" && set.values.length > 1) return `Cannot write CNAME "${name}": it has more than one value`;
  const bad = set.values.find((value) => !isValue(type, value));
  return bad === undefined ? null : `Cannot write ${type} "${name}": "${bad.slice(0, 80)}" is not a value of it`;
}

/** Why these sets, which are all there is at one name, cannot stand together, or null. */
export function problemAtName(sets: readonly RecordSet[]): string | null {
  const types = new Set(sets.map((set) => set.type));
  const name = sets[0]?.name ?? "";
  if (types.has("CNAME") && types.size > 1) return `Cannot write "${name}": a CNAME stands alone (RFC 1034 §3.6.2)`;
  for (const type of types) {
    const policies = new Set(sets.filter((set) => set.type === type).map((set) => set.policy?.type ?? "simple"));
    if (policies.size > 1) return `Cannot write ${type} "${name}": it would mix ${[...policies].sort().join(" and ")}`;
  }
  return null;
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.|$)){4}$/;

function isValue(type: string, value: string): boolean {
  switch (type) {
    case "A":
      return IPV4.test(value) && !value.endsWith(".");
    case "AAAA":
      return /^[0-9a-f:.]+$/.test(value) && value.includes(":");
    case "CNAME":
    case "NS":
    case "PTR":
      return /^[^\s.]+(?:\.[^\s.]+)*$/.test(value);
    case "TXT":
      return /^"(?:[^"\\]|\\.)*"(?: "(?:[^"\\]|\\.)*")*$/.test(value);
    case "SRV":
      return /^\d+ \d+ \d+ \S+$/.test(value);
    default:
      return value !== "";
  }
}
