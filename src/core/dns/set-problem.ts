/** Whether a set of ours can be written at all: names, data and policies, checked before anything is planned. */
import { parseV4, parseV6 } from "../address/ip.ts";
import { formatV4, formatV6 } from "../address/ip-text.ts";
import { managedNameProblem } from "./names.ts";
import type { DnsCapabilities, RecordSet, RoutingPolicy, Zone } from "./records.ts";
import { registryNameOf, subjectOfRegistry } from "./registry.ts";
import { txtText } from "./txt-text.ts";

/** 127 wildcard labels fit in no message; Route 53 takes 32 000 characters of data in one set. */
const MAX_SET_BYTES = 32_000;

/** Why the set cannot be published in the zone, or null. */
export function setProblem(set: RecordSet, zone: Zone, capabilities: DnsCapabilities): string | null {
  const nameProblem = managedNameProblem(set.name);
  if (nameProblem !== null) return nameProblem;
  if (subjectOfRegistry(set.name) !== null) return 'names below "_portolan" hold ownership';
  const registryProblem = managedNameProblem(registryNameOf(set.name));
  if (registryProblem !== null) return `it leaves no room for its ownership TXT: ${registryProblem}`;
  if (set.type === "CNAME" && set.name === zone.name)
    return "a CNAME cannot stand at the apex of a zone (RFC 1034 §3.6.2)";
  if ((set.setIdentifier === null) !== (set.policy === null)) return "a set identifier and a policy go together";
  return dataProblem(set, capabilities) ?? policyProblem(set.policy, capabilities);
}

function dataProblem(set: RecordSet, { alias, healthChecks, provider }: DnsCapabilities): string | null {
  if (set.healthCheckId !== null && !healthChecks) return `${provider} has no health checks`;
  if (set.alias !== null) {
    if (!alias) return `${provider} has no alias records`;
    return set.values.length > 0 || set.ttlSeconds !== null ? "an alias has neither values nor a TTL" : null;
  }
  if (set.values.length === 0) return "it has no values";
  if (set.type === "CNAME" && set.values.length > 1) return "a CNAME has exactly one target";
  const { ttlSeconds } = set;
  if (ttlSeconds === null || !Number.isSafeInteger(ttlSeconds) || ttlSeconds < 0 || ttlSeconds > 0x7fffffff) {
    return "its TTL is not a whole number 0…2147483647";
  }
  if (set.values.reduce((sum, value) => sum + value.length, 0) > MAX_SET_BYTES)
    return "its data are longer than 32000 bytes";
  const bad = set.values.find((value) => !isValue(set.type, value));
  return bad === undefined ? null : `"${bad}" is no canonical data of the type ${set.type}`;
}

function isValue(type: string, value: string): boolean {
  switch (type) {
    case "A": {
      const v4 = parseV4(value);
      return v4 !== null && formatV4(v4) === value;
    }
    case "AAAA": {
      const v6 = parseV6(value);
      return v6 !== null && formatV6(v6) === value;
    }
    case "CNAME":
      return isTarget(value);
    case "SRV": {
      const [priority = "", weight = "", port = "", target = "", ...rest] = value.split(" ");
      return rest.length === 0 && [priority, weight, port].every(isUint16) && isTarget(target);
    }
    case "TXT":
      return txtText(value) !== null;
    default:
      return false;
  }
}

function isUint16(text: string): boolean {
  return /^(0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;
}

/** A target may be anybody's name, but neither a wildcard nor an address. */
function isTarget(name: string): boolean {
  return managedNameProblem(name) === null && !name.startsWith("*") && parseV4(name) === null;
}

function policyProblem(policy: RoutingPolicy | null, capabilities: DnsCapabilities): string | null {
  if (policy === null) return null;
  if (policy.type === "opaque") return "an opaque policy can only be read";
  const { bias, geolocation, policies, provider } = capabilities;
  if (!policies.includes(policy.type)) return `${provider} has no ${policy.type} routing`;
  switch (policy.type) {
    case "weighted":
      return isWhole(policy.weight, 0, 255) ? null : "its weight is not a whole number 0…255";
    case "geoproximity":
      if ((policy.region === null) === (policy.point === null)) return "geoproximity needs either a region or a point";
      if (policy.bias !== 0 && !bias) return `${provider} cannot express bias`;
      return isWhole(policy.bias, -99, 99) ? null : "its bias is not a whole number -99…99";
    case "geolocation": {
      const { continent, country, subdivision } = policy;
      if (continent !== null && country !== null) return "geolocation names a continent or a country, not both";
      if (subdivision !== null && country === null) return "a subdivision needs its country";
      const isMissing =
        (continent !== null && !geolocation.continent) ||
        (country !== null && !geolocation.country) ||
        (subdivision !== null && !geolocation.subdivision);
      return isMissing ? `${provider} cannot express this geolocation` : null;
    }
    case "latency":
    case "failover":
    case "multivalue":
      return null;
    default:
      return policy satisfies never;
  }
}

function isWhole(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}
