/** Record sets in external-dns' words and back, with the property names that its AWS provider gave routing policies. */
import { compareText } from "../match-route.ts";
import { canonicalTarget } from "./targets.ts";
import type { Endpoint, EndpointProperty } from "./endpoint.ts";
import { dnsName } from "./names.ts";
import type { RecordProperty, RecordSet, RoutingPolicy } from "./records.ts";

const HEALTH_CHECK = "aws/health-check-id";
const EVALUATE = "aws/evaluate-target-health";
const ALIAS = "alias";
const ALIAS_ZONE = "aws/target-hosted-zone";

/** A record set as an endpoint without labels. */
export function endpointOf(set: RecordSet): Endpoint {
  const properties: EndpointProperty[] = [...set.properties, ...policyProperties(set.policy)];
  if (set.healthCheckId !== null) properties.push({ name: HEALTH_CHECK, value: set.healthCheckId });
  if (set.alias !== null) {
    properties.push({ name: ALIAS, value: "true" }, { name: EVALUATE, value: String(set.alias.evaluateTargetHealth) });
    if (set.alias.zoneId !== null) properties.push({ name: ALIAS_ZONE, value: set.alias.zoneId });
  }
  return {
    dnsName: set.name,
    recordType: set.type,
    targets: set.alias === null ? set.values : [set.alias.name],
    recordTTL: set.ttlSeconds ?? 0,
    setIdentifier: set.setIdentifier ?? "",
    labels: {},
    providerSpecific: properties.sort((a, b) => compareText(a.name, b.name)),
  };
}

/** An endpoint as a record set; null when its name or a property cannot be read. `ttlSeconds` stands for a TTL of 0. */
export function recordSetOf(endpoint: Endpoint, ttlSeconds: number): RecordSet | null {
  const name = dnsName(endpoint.dnsName);
  if (!name.ok) return null;
  const known = new Map(endpoint.providerSpecific.map((one) => [one.name, one.value]));
  const isAlias = known.get(ALIAS) === "true" || known.get(ALIAS) === endpoint.recordType;
  const policy = policyOf(known);
  if (policy === undefined || (policy === null) !== (endpoint.setIdentifier === "")) return null;
  const target = dnsName(endpoint.targets[0] ?? "");
  if (isAlias && !target.ok) return null;
  const alias =
    isAlias && target.ok
      ? {
          name: target.name,
          zoneId: known.get(ALIAS_ZONE) ?? null,
          evaluateTargetHealth: known.get(EVALUATE) === "true",
        }
      : null;
  return {
    name: name.name,
    type: endpoint.recordType,
    ttlSeconds: isAlias ? null : endpoint.recordTTL > 0 ? endpoint.recordTTL : ttlSeconds,
    values: isAlias
      ? []
      : [...new Set(endpoint.targets.map((one) => valueOf(endpoint.recordType, one)))].sort(compareText),
    setIdentifier: endpoint.setIdentifier === "" ? null : endpoint.setIdentifier,
    policy,
    healthCheckId: known.get(HEALTH_CHECK) ?? null,
    alias,
    properties: properties(endpoint.providerSpecific),
  };
}

function valueOf(type: string, target: string): string {
  if (type === "A" || type === "AAAA") return canonicalTarget(target);
  if (type === "TXT") return target.startsWith('"') ? target : `"${target}"`;
  const name = type === "CNAME" || type === "NS" || type === "PTR" ? dnsName(target) : null;
  return name?.ok === true ? name.name : target;
}

const OWN = new Set([HEALTH_CHECK, EVALUATE, ALIAS, ALIAS_ZONE]);

function properties(all: readonly EndpointProperty[]): readonly RecordProperty[] {
  const rest = all.filter(({ name }) => !OWN.has(name) && !POLICY_PROPERTIES.has(name));
  return rest.map(({ name, value }) => ({ name, value })).sort((a, b) => compareText(a.name, b.name));
}

const WEIGHT = "aws/weight";
const REGION = "aws/region";
const FAILOVER = "aws/failover";
const CONTINENT = "aws/geolocation-continent-code";
const COUNTRY = "aws/geolocation-country-code";
const SUBDIVISION = "aws/geolocation-subdivision-code";
const MULTIVALUE = "aws/multi-value-answer";
const NEAR_REGION = "aws/geoproximity-region";
const NEAR_POINT = "aws/geoproximity-coordinates";
const NEAR_BIAS = "aws/geoproximity-bias";
const POLICY_PROPERTIES = new Set([
  WEIGHT,
  REGION,
  FAILOVER,
  CONTINENT,
  COUNTRY,
  SUBDIVISION,
  MULTIVALUE,
  NEAR_REGION,
  NEAR_POINT,
  NEAR_BIAS,
]);

function policyProperties(policy: RoutingPolicy | null): readonly EndpointProperty[] {
  if (policy === null) return [];
  switch (policy.type) {
    case "weighted":
      return [{ name: WEIGHT, value: String(policy.weight) }];
    case "latency":
      return [{ name: REGION, value: policy.region }];
    case "failover":
      return [{ name: FAILOVER, value: policy.role.toUpperCase() }];
    case "multivalue":
      return [{ name: MULTIVALUE, value: "true" }];
    case "geolocation": {
      const { continent, country, subdivision } = policy;
      const found = present([CONTINENT, continent], [COUNTRY, country], [SUBDIVISION, subdivision]);
      return found.length > 0 ? found : [{ name: COUNTRY, value: "*" }];
    }
    case "geoproximity": {
      const point = policy.point === null ? null : `${policy.point.latitude},${policy.point.longitude}`;
      return present([NEAR_REGION, policy.region], [NEAR_POINT, point], [NEAR_BIAS, String(policy.bias)]);
    }
    case "opaque":
      return [{ name: "portolan/policy", value: policy.text }];
    default:
      return policy satisfies never;
  }
}

function present(...pairs: readonly (readonly [name: string, value: string | null])[]): readonly EndpointProperty[] {
  return pairs.flatMap(([name, value]) => (value === null ? [] : [{ name, value }]));
}

/** The policy that properties describe; null for none, undefined when they make no sense. */
function policyOf(known: ReadonlyMap<string, string>): RoutingPolicy | null | undefined {
  const weight = known.get(WEIGHT);
  if (weight !== undefined) return wholeOr(weight, (value): RoutingPolicy => ({ type: "weighted", weight: value }));
  const region = known.get(REGION);
  if (region !== undefined) return { type: "latency", region };
  const role = known.get(FAILOVER)?.toLowerCase();
  if (role !== undefined) return role === "primary" || role === "secondary" ? { type: "failover", role } : undefined;
  if (known.get(MULTIVALUE) !== undefined) return { type: "multivalue" };
  const [continent = null, country = null, subdivision = null] = [CONTINENT, COUNTRY, SUBDIVISION].map(
    (key) => known.get(key) ?? null,
  );
  if (continent !== null || country !== null) {
    return { type: "geolocation", continent, country: country === "*" ? null : country, subdivision };
  }
  const [near = null, at = null] = [NEAR_REGION, NEAR_POINT].map((key) => known.get(key) ?? null);
  if (near === null && at === null) return null;
  const [latitude = Number.NaN, longitude = Number.NaN] = (at ?? "").split(",").map(Number);
  if (at !== null && (Number.isNaN(latitude) || Number.isNaN(longitude))) return undefined;
  const point = at === null ? null : { latitude, longitude };
  return wholeOr(
    known.get(NEAR_BIAS) ?? "0",
    (bias): RoutingPolicy => ({ type: "geoproximity", region: near, point, bias }),
  );
}

function wholeOr<T>(text: string, make: (value: number) => T): T | undefined {
  return /^-?\d{1,4}$/.test(text) ? make(Number(text)) : undefined;
}
