/** What Azure DNS refuses of a record set. */
import { isIPv4, isIPv6 } from "node:net";

export interface AzureBody {
  readonly properties: Readonly<Record<string, unknown>>;
}

export interface AzureProblem {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

const DATA: Readonly<Record<string, string>> = {
  A: "ARecords",
  AAAA: "AAAARecords",
  CNAME: "CNAMERecord",
  TXT: "TXTRecords",
  SRV: "SRVRecords",
  MX: "MXRecords",
  NS: "NSRecords",
  PTR: "PTRRecords",
};
const MAX_RECORDS = 20;
const MAX_TXT = 4096;

export function azureProblem(
  name: string,
  type: string,
  body: AzureBody,
  otherTypes: readonly string[],
): AzureProblem | null {
  const bad = (message: string): AzureProblem => ({ status: 400, code: "BadRequest", message });
  const field = DATA[type];
  if (field === undefined) return bad(`The record type '${type}' is not supported.`);
  const { TTL, ...rest } = body.properties;
  if (typeof TTL !== "number" || !Number.isInteger(TTL) || TTL < 1 || TTL > 2_147_483_647)
    return bad("The TTL is invalid.");
  const wrong = Object.keys(rest).find((key) => Object.values(DATA).includes(key) && key !== field);
  if (wrong !== undefined) return bad(`The property '${wrong}' does not belong to the record type '${type}'.`);
  const labels = name === "@" ? [] : name.split(".");
  if (labels.some((label) => !/^(\*|[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)$/.test(label)))
    return bad(`The domain name label '${name}' contains invalid characters or is too long.`);
  if (labels.slice(1).includes("*")) return bad("A wildcard has to be the first label.");
  if (type === "CNAME" && name === "@") return bad("A CNAME record set cannot be created at the zone apex.");
  if (otherTypes.includes("CNAME") || (type === "CNAME" && otherTypes.length > 0))
    return bad(
      "The record could not be created because a CNAME record with the same name already exists in this zone.",
    );
  const data = rest[field];
  if (type === "CNAME") {
    const cname = (data as { cname?: string } | undefined)?.cname ?? "";
    return cname === "" ? bad("The CNAME record is missing.") : null;
  }
  const records = Array.isArray(data) ? (data as readonly Readonly<Record<string, unknown>>[]) : [];
  if (records.length === 0) return bad("The resource record set has no records.");
  if (records.length > MAX_RECORDS)
    return { status: 409, code: "RecordsPerSetExceeded", message: `The number of records exceeds ${MAX_RECORDS}.` };
  if (new Set(records.map((one) => JSON.stringify(one))).size < records.length)
    return bad("The set holds a record twice.");
  const invalid = records.find((one) => !isRecord(type, one));
  return invalid === undefined ? null : bad(`The record '${JSON.stringify(invalid).slice(0, 100)}' is invalid.`);
}

function isRecord(type: string, record: Readonly<Record<string, unknown>>): boolean {
  switch (type) {
    case "A":
      return isIPv4(String(record["ipv4Address"]));
    case "AAAA":
      return isIPv6(String(record["ipv6Address"]));
    case "TXT": {
      const strings = Array.isArray(record["value"]) ? record["value"].map(String) : [];
      const isLong = strings.some((one) => Buffer.byteLength(one) > 255);
      return strings.length > 0 && !isLong && strings.join("").length <= MAX_TXT;
    }
    case "SRV":
      return ["priority", "weight", "port"].every((key) => isPort(record[key])) && typeof record["target"] === "string";
    default:
      return true;
  }
}

function isPort(value: unknown): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 65_535;
}
