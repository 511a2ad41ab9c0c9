/** What Route 53 refuses in one set, whatever else the zone holds. Texts are close to its own. */
import { isIPv4, isIPv6 } from "node:net";
import type { StoredSet } from "./record-set.ts";

const TYPES = "A AAAA CAA CNAME DS HTTPS MX NAPTR NS PTR SOA SPF SRV SSHFP SVCB TLSA TXT".split(" ");
const REGIONS =
  "us-east-1 us-east-2 us-west-1 us-west-2 ca-central-1 eu-west-1 eu-west-2 eu-west-3 eu-central-1 eu-north-1 ap-southeast-1 ap-southeast-2 ap-northeast-1 ap-northeast-2 ap-south-1 sa-east-1".split(
    " ",
  );
const CONTINENTS = "AF AN AS EU NA OC SA".split(" ");

/** `invalid` is InvalidInput for the whole request; `batch` one message of InvalidChangeBatch. */
export interface Complaint {
  readonly code: "InvalidInput" | "InvalidChangeBatch";
  readonly message: string;
}

const batch = (message: string): Complaint => ({ code: "InvalidChangeBatch", message });
const invalid = (message: string): Complaint => ({ code: "InvalidInput", message });

export function complaintOf(set: StoredSet, zoneName: string): Complaint | null {
  const { name, type } = set;
  if (!TYPES.includes(type))
    return invalid(`Value '${type}' at 'type' failed to satisfy constraint: Member must satisfy enum value set`);
  if (name !== zoneName && !name.endsWith(`.${zoneName}`)) {
    return batch(`RRSet with DNS name ${name} is not permitted in zone ${zoneName}`);
  }
  const labels = name.slice(0, -1).split(".");
  if (labels.some((label) => label === ""))
    return batch(`FATAL problem: DomainLabelEmpty (Domain label is empty) encountered with '${name}'`);
  if (labels.some((label) => label.replace(/\\\d{3}/g, "x").length > 63)) {
    return batch(`FATAL problem: DomainLabelTooLong (Domain label is too long) encountered with '${name}'`);
  }
  if (name.replace(/\\\d{3}/g, "x").length > 254)
    return batch(`FATAL problem: DomainNameTooLong (Domain name is too long) encountered with '${name}'`);
  if (type === "CNAME" && name === zoneName) {
    return batch(`RRSet of type CNAME with DNS name ${name} is not permitted at apex in zone ${zoneName}`);
  }
  return complaintOfPolicy(set) ?? complaintOfContent(set);
}

function complaintOfPolicy(set: StoredSet): Complaint | null {
  const where = `[Name=${set.name}, Type=${set.type}, SetIdentifier=${set.setIdentifier}]`;
  const policies = [set.weight, set.region, set.geoLocation, set.geoProximity, set.failover, set.multiValue || null];
  const count = policies.filter((one) => one !== null).length;
  if (count > 1)
    return invalid(
      `Exactly one of [AliasTarget, Weight, Region, GeoLocation, Failover, MultiValueAnswer] expected in Change with ${where}`,
    );
  if (count === 1 && (set.setIdentifier === null || set.setIdentifier === ""))
    return invalid(`Missing field 'SetIdentifier' in Change with ${where}`);
  if (count === 0 && set.setIdentifier !== null)
    return invalid(`Expected one of [Weight, Region, Failover, GeoLocation, MultiValueAnswer] in Change with ${where}`);
  if ((set.setIdentifier?.length ?? 0) > 128)
    return invalid(`Value at 'setIdentifier' must have length less than or equal to 128 in ${where}`);
  if (set.weight !== null && !(Number.isInteger(set.weight) && set.weight >= 0 && set.weight <= 255)) {
    return invalid(
      `Value '${set.weight}' at 'weight' failed to satisfy constraint: Member must have value less than or equal to 255`,
    );
  }
  if (set.region !== null && !REGIONS.includes(set.region))
    return invalid(`Value '${set.region}' at 'region' failed to satisfy enum value set`);
  if (set.failover !== null && set.failover !== "PRIMARY" && set.failover !== "SECONDARY")
    return invalid(`Value '${set.failover}' at 'failover'`);
  if (set.type === "CNAME" && set.multiValue) return invalid(`MultiValueAnswer is not allowed for CNAME in ${where}`);
  return complaintOfPlace(set, where);
}

function complaintOfPlace({ geoLocation: geo, geoProximity: near }: StoredSet, where: string): Complaint | null {
  if (geo !== null) {
    if ((geo.continent === null) === (geo.country === null))
      return invalid(`ContinentCode or CountryCode, not both, expected in ${where}`);
    if (geo.continent !== null && !CONTINENTS.includes(geo.continent))
      return invalid(`No such continent ${geo.continent} in ${where}`);
    if (geo.country !== null && !/^([A-Z]{2}|\*)$/.test(geo.country))
      return invalid(`No such country ${geo.country} in ${where}`);
    if (geo.subdivision !== null && geo.country !== "US" && geo.country !== "UA")
      return invalid(`No such subdivision ${geo.subdivision} in ${where}`);
  }
  if (near !== null) {
    if ((near.region === null) === (near.latitude === null))
      return invalid(`AWSRegion or Coordinates expected in ${where}`);
    if (near.region !== null && !REGIONS.includes(near.region))
      return invalid(`No such region ${near.region} in ${where}`);
    if (!(Number.isInteger(near.bias) && Math.abs(near.bias) <= 99))
      return invalid(`Value '${near.bias}' at 'bias' in ${where}`);
    const degrees = /^-?\d{1,3}(\.\d{1,2})?$/;
    if (near.latitude !== null && !(degrees.test(near.latitude) && degrees.test(near.longitude ?? ""))) {
      return invalid(`Value '${near.latitude}' at 'latitude' failed to satisfy constraint in ${where}`);
    }
  }
  return null;
}

function complaintOfContent(set: StoredSet): Complaint | null {
  const where = `[Name=${set.name}, Type=${set.type}, SetIdentifier=${set.setIdentifier}]`;
  if (set.alias !== null) {
    return set.ttl === null && set.values.length === 0
      ? null
      : invalid(`Invalid request: Expected no TTL and no ResourceRecords beside AliasTarget in Change with ${where}`);
  }
  if (set.ttl === null) return invalid(`Invalid request: Missing field 'TTL' in Change with ${where}`);
  if (!(Number.isInteger(set.ttl) && set.ttl >= 0 && set.ttl <= 2_147_483_647))
    return invalid(`Value '${set.ttl}' at 'tTL' in ${where}`);
  if (set.values.length === 0)
    return invalid(
      `Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but found none in Change with ${where}`,
    );
  if (set.values.length > 400) return batch(`Number of records limit of 400 exceeded in ${where}`);
  const seen = new Set<string>();
  for (const value of set.values) {
    if (seen.has(value)) return batch(`Duplicate Resource Record: '${value}'`);
    seen.add(value);
    const problem = valueProblem(set.type, value);
    if (problem !== null)
      return batch(`Invalid Resource Record: 'FATAL problem: ${problem} encountered with '${value}''`);
  }
  if (set.type === "CNAME" && set.values.length > 1)
    return batch(`RRSet of type CNAME with DNS name ${set.name} has more than one record`);
  return null;
}

function valueProblem(type: string, value: string): string | null {
  const host = /^(?!\d+(\.\d+){3}\.?$)[^\s.]{1,63}(\.[^\s.]{1,63})*\.?$/;
  switch (type) {
    case "A":
      return isIPv4(value) ? null : "ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)";
    case "AAAA":
      return isIPv6(value) ? null : "AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)";
    case "CNAME":
    case "NS":
    case "PTR":
      return host.test(value) ? null : "RRDATAIllegalName (Value is not a domain name)";
    case "MX":
      return /^\d{1,5} \S+$/.test(value) ? null : "MXRRDATAIllegal";
    case "SRV":
      return /^\d{1,5} \d{1,5} \d{1,5} \S+$/.test(value) ? null : "SRVRRDATANotFourFields";
    case "TXT":
    case "SPF": {
      if (!/^"(?:[^"\\]|\\.)*"(?:\s+"(?:[^"\\]|\\.)*")*$/s.test(value))
        return "InvalidCharacterString (Value should be enclosed in quotation marks)";
      const long = [...value.matchAll(/"((?:[^"\\]|\\.)*)"/gs)].find(
        ([, part = ""]) => part.replace(/\\[0-3][0-7]{2}|\\./g, "x").length > 255,
      );
      return long === undefined ? null : "CharacterStringTooLong (Value is too long)";
    }
    default:
      return value === "" ? "empty" : null;
  }
}
