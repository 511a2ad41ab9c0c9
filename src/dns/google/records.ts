/** Between Cloud DNS' ResourceRecordSet and ours. */
import { parseV6 } from "../../core/address/ip.ts";
import { formatV6 } from "../../core/address/ip-text.ts";
import { dnsName } from "../../core/dns/names.ts";
import type { RecordSet } from "../../core/dns/records.ts";
import { integer, list, type Read, record, text } from "../../core/snapshot/guard.ts";

export interface GoogleSet {
  readonly name: string;
  readonly type: string;
  readonly ttl: number;
  readonly rrdatas: readonly string[];
  /** JSON of a routing policy, or empty: one set holds all its items, which have no identifiers. */
  readonly routingPolicy: string;
}

const orEmpty: Read<readonly string[]> = (value, at) =>
  value === undefined ? [] : list(text(65_536), 10_000)(value, at);
const asText: Read<string> = (value) => (value === undefined ? "" : JSON.stringify(value));

export const readSets: Read<readonly GoogleSet[]> = (value, at) =>
  value === undefined
    ? []
    : list(
        record<GoogleSet>({ name: text(), type: text(40), ttl: integer(), rrdatas: orEmpty, routingPolicy: asText }),
        20_000,
      )(value, at);

export function setFromGoogle(set: GoogleSet): RecordSet {
  const values = [...new Set(set.rrdatas.map((value) => valueFrom(set.type, value)))].sort();
  const isPlain = set.routingPolicy === "";
  return {
    name: plainName(set.name),
    type: set.type,
    ttlSeconds: set.ttl,
    values,
    setIdentifier: isPlain ? null : "routing-policy",
    policy: isPlain ? null : { type: "opaque", text: set.routingPolicy },
    healthCheckId: null,
    alias: null,
    properties: [],
  };
}

/** As it is sent. */
export function setToGoogle(set: RecordSet): Omit<GoogleSet, "routingPolicy"> {
  return {
    name: `${set.name}.`,
    type: set.type,
    ttl: set.ttlSeconds ?? 300,
    rrdatas: set.values.map((value) => valueTo(set.type, value)),
  };
}

function plainName(name: string): string {
  const read = dnsName(name);
  return read.ok ? read.name : name.toLowerCase().replace(/\.$/, "");
}

function valueFrom(type: string, value: string): string {
  if (type === "AAAA") {
    const address = parseV6(value);
    return address === null ? value : formatV6(address);
  }
  if (!ENDS_IN_NAME.has(type)) return value;
  const fields = value.split(" ");
  return [...fields.slice(0, -1), plainName(fields.at(-1) ?? "")].join(" ");
}

function valueTo(type: string, value: string): string {
  return ENDS_IN_NAME.has(type) ? `${value}.` : value;
}

const ENDS_IN_NAME: ReadonlySet<string> = new Set(["CNAME", "NS", "PTR", "MX", "SRV"]);
