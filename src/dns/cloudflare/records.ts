/** Between Cloudflare's records, which are single values with their own ids, and our sets. */
import { parseV6 } from "../../core/address/ip.ts";
import { formatV6 } from "../../core/address/ip-text.ts";
import { type RecordSet, recordKey } from "../../core/dns/records.ts";
import { integer, list, type Read, record, text } from "../../core/snapshot/guard.ts";

/** One record as it is listed; fields that are not used here are left out. */
export interface CloudflareRecord {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly content: string;
  /** 1 is "automatic". */
  readonly ttl: number;
  readonly proxied: boolean;
  readonly priority: number | null;
}

/** What a record is to be, without its id. */
export interface WantedRecord {
  readonly name: string;
  readonly type: string;
  readonly ttl: number;
  readonly proxied?: boolean;
  readonly content?: string;
  readonly priority?: number;
  readonly data?: Readonly<Record<string, string | number>>;
}

const PROXIED = "cloudflare-proxied";

const orFalse: Read<boolean> = (value) => value === true;
const orNull: Read<number | null> = (value, at) =>
  value === undefined || value === null ? null : integer()(value, at);

export const readRecords: Read<readonly CloudflareRecord[]> = list(
  record<CloudflareRecord>({
    id: text(64),
    name: text(1024),
    type: text(40),
    content: text(65_536),
    ttl: integer(),
    proxied: orFalse,
    priority: orNull,
  }),
  100_000,
);

/** One value of a set, and the record that holds it. */
export interface RecordPart {
  readonly id: string;
  readonly value: string;
  readonly ttl: number;
}

/** Sets by key, and the records that each is made of, in the order of the set's values. */
export interface GroupedRecords {
  readonly sets: ReadonlyMap<string, RecordSet>;
  readonly parts: ReadonlyMap<string, readonly RecordPart[]>;
}

export function groupRecords(records: readonly CloudflareRecord[]): GroupedRecords {
  const parts = new Map<string, RecordPart[]>();
  const sets = new Map<string, RecordSet>();
  for (const one of records) {
    const name = one.name.toLowerCase().replace(/\.$/, "");
    const key = recordKey({ name, type: one.type, setIdentifier: null });
    const value = valueFrom(one);
    const group = parts.get(key) ?? [];
    parts.set(key, group);
    group.push({ id: one.id, value, ttl: one.ttl });
    const values = [...new Set(group.map((part) => part.value))].sort();
    // Each record has a time to live of its own; the shortest is what resolvers see of the set.
    const ttl = Math.min(...group.map((part) => part.ttl));
    const isProxied = one.proxied || (sets.get(key)?.properties.length ?? 0) > 0;
    sets.set(key, {
      name,
      type: one.type,
      ttlSeconds: ttl === 1 ? null : ttl,
      values,
      setIdentifier: null,
      policy: null,
      healthCheckId: null,
      alias: null,
      properties: isProxied ? [{ name: PROXIED, value: "true" }] : [],
    });
  }
  return { sets, parts };
}

/** One value of a set as Cloudflare takes it. */
export function wantedRecord(set: RecordSet, value: string): WantedRecord {
  const isProxied = set.properties.some((property) => property.name === PROXIED && property.value === "true");
  const base = { name: set.name, type: set.type, ttl: set.ttlSeconds ?? 1, ...(isProxied ? { proxied: true } : {}) };
  if (set.type !== "SRV") return { ...base, content: value };
  const [priority = "", weight = "", port = "", target = ""] = value.split(" ");
  return { ...base, data: { priority: Number(priority), weight: Number(weight), port: Number(port), target } };
}

function valueFrom({ type, content, priority }: CloudflareRecord): string {
  switch (type) {
    case "AAAA": {
      const address = parseV6(content);
      return address === null ? content : formatV6(address);
    }
    case "CNAME":
    case "NS":
    case "PTR":
      return content.toLowerCase().replace(/\.$/, "");
    case "MX":
      return `${priority ?? 0} ${content.toLowerCase().replace(/\.$/, "")}`;
    case "SRV": {
      // "priority weight port target", or without the priority, which then has a field of its own.
      const fields = content.split(/\s+/);
      return (fields.length === 3 ? [String(priority ?? 0), ...fields] : fields)
        .join(" ")
        .toLowerCase()
        .replace(/\.$/, "");
    }
    case "TXT":
      // Texts that were typed into the dashboard before 2024 stand without quotes.
      return content.startsWith('"') ? content : `"${content.replace(/["\\]/g, "\\$&")}"`;
    default:
      return content;
  }
}
