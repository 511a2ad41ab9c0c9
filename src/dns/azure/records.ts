/** Between Azure DNS' record sets and ours. */
import { parseV6 } from "../../core/address/ip.ts";
import { formatV6 } from "../../core/address/ip-text.ts";
import { dnsName } from "../../core/dns/names.ts";
import type { RecordSet, Zone } from "../../core/dns/records.ts";
import { txtStrings, txtValueOf } from "../../core/dns/txt-text.ts";
import { integer, list, nullable, orDefault, type Read, record, text } from "../../core/snapshot/guard.ts";

/** As the API gives it. */
export interface AzureSet {
  /** Relative to the zone, `@` for the apex. */
  readonly name: string;
  /** `Microsoft.Network/dnszones/A`. */
  readonly type: string;
  readonly etag: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

const readProperties: Read<Readonly<Record<string, unknown>>> = (value, at) => ({
  ...record<object>({})(value, at),
  ...(value as Record<string, unknown>),
});

export const readAzureSet: Read<AzureSet> = record<AzureSet>({
  name: text(),
  type: text(),
  etag: text(),
  properties: readProperties,
});

/** `A` of `Microsoft.Network/dnszones/A`. */
export function typeOf({ type }: AzureSet): string {
  return type.slice(type.lastIndexOf("/") + 1).toUpperCase();
}

export function setFromAzure(raw: AzureSet, zone: Zone): RecordSet {
  const name = raw.name === "@" ? zone.name : plainName(`${raw.name}.${zone.name}`);
  const type = typeOf(raw);
  const target = readTarget(raw.properties["targetResource"] ?? {}, "targetResource").id ?? "";
  const isPlain = target === "";
  return {
    name,
    type,
    ttlSeconds: readTtl(raw.properties["TTL"] ?? raw.properties["ttl"] ?? 0, "TTL"),
    values: [...new Set(valuesFrom(type, raw.properties))].sort(),
    // An alias of Azure leads to a resource: it is somebody's, and never ours to write.
    setIdentifier: isPlain ? null : "target-resource",
    policy: isPlain ? null : { type: "opaque", text: target },
    healthCheckId: null,
    alias: null,
    properties: [],
  };
}

/** Body of a PUT. `metadata` is kept as it stands: it is people's. */
export function setToAzure(set: RecordSet, standing: AzureSet | null): object {
  const metadata = standing?.properties["metadata"];
  return {
    properties: { TTL: set.ttlSeconds ?? 300, ...dataOf(set), ...(metadata === undefined ? {} : { metadata }) },
  };
}

/** `www`, `@`, `*.wild`: the last part of a record set's address. */
export function relativeName(name: string, zone: Zone): string {
  return name === zone.name ? "@" : name.slice(0, -zone.name.length - 1);
}

function dataOf({ type, values }: RecordSet): object {
  switch (type) {
    case "A":
      return { ARecords: values.map((ipv4Address) => ({ ipv4Address })) };
    case "AAAA":
      return { AAAARecords: values.map((ipv6Address) => ({ ipv6Address })) };
    case "CNAME":
      return { CNAMERecord: { cname: values[0] ?? "" } };
    case "TXT":
      return { TXTRecords: values.map((value) => ({ value: txtStrings(value) ?? [value] })) };
    case "SRV":
      return {
        SRVRecords: values.map((value) => {
          const [priority = "", weight = "", port = "", target = ""] = value.split(" ");
          return { priority: Number(priority), weight: Number(weight), port: Number(port), target };
        }),
      };
    default:
      throw new RangeError(`Cannot write ${type} records to Azure DNS: Portolan reads them only`);
  }
}

const name = text();
const many = <T>(read: Read<T>): Read<readonly T[]> => orDefault(list(read, 1000), []);
const readTtl = integer(0, 0x7fffffff);
const readTarget = record<{ id: string | null }>({ id: orDefault(nullable(text(4096)), null) });
const readA = many(record({ ipv4Address: name }));
const readAaaa = many(record({ ipv6Address: name }));
const readCname = record({ cname: name });
const readTxt = many(record({ value: list(text(4096), 100) }));
const readSrv = many(record({ priority: integer(), weight: integer(), port: integer(), target: name }));
const readMx = many(record({ preference: integer(), exchange: name }));
const readNs = many(record({ nsdname: name }));
const readPtr = many(record({ ptrdname: name }));
const readSoa = record({
  host: name,
  email: name,
  serialNumber: orDefault(integer(), 1),
  refreshTime: integer(),
  retryTime: integer(),
  expireTime: integer(),
  minimumTTL: integer(),
});

function valuesFrom(type: string, properties: AzureSet["properties"]): readonly string[] {
  switch (type) {
    case "A":
      return readA(properties["ARecords"], "ARecords").map((one) => one.ipv4Address);
    case "AAAA":
      return readAaaa(properties["AAAARecords"], "AAAARecords").map((one) => canonicalV6(one.ipv6Address));
    case "CNAME":
      return properties["CNAMERecord"] === undefined || properties["CNAMERecord"] === null
        ? []
        : [plainName(readCname(properties["CNAMERecord"], "CNAMERecord").cname)];
    case "TXT":
      return readTxt(properties["TXTRecords"], "TXTRecords").map((one) => txtValueOf(one.value));
    case "SRV":
      return readSrv(properties["SRVRecords"], "SRVRecords").map(
        ({ priority, weight, port, target }) => `${priority} ${weight} ${port} ${plainName(target)}`,
      );
    case "MX":
      return readMx(properties["MXRecords"], "MXRecords").map((one) => `${one.preference} ${plainName(one.exchange)}`);
    case "NS":
      return readNs(properties["NSRecords"], "NSRecords").map((one) => plainName(one.nsdname));
    case "PTR":
      return readPtr(properties["PTRRecords"], "PTRRecords").map((one) => plainName(one.ptrdname));
    case "SOA": {
      const soa = readSoa(properties["SOARecord"], "SOARecord");
      const numbers = [soa.serialNumber, soa.refreshTime, soa.retryTime, soa.expireTime, soa.minimumTTL];
      return [[plainName(soa.host), plainName(soa.email), ...numbers].join(" ")];
    }
    default:
      return [JSON.stringify(properties)];
  }
}

function plainName(value: string): string {
  const read = dnsName(value);
  return read.ok ? read.name : value.toLowerCase().replace(/\.$/, "");
}

function canonicalV6(value: string): string {
  const address = parseV6(value);
  return address === null ? value : formatV6(address);
}
