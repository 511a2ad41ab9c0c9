/** Between the SDK's ResourceRecordSet and ours. */
import type { ResourceRecordSet } from "@aws-sdk/client-route-53";
import type { AliasTarget, RecordSet, RoutingPolicy } from "../../core/dns/records.ts";
import { nameFromRoute53, nameToRoute53, valueFromRoute53, valueToRoute53 } from "./names.ts";

export function setFromRoute53(raw: ResourceRecordSet): RecordSet {
  const type = raw.Type ?? "";
  const target = raw.AliasTarget;
  const alias: AliasTarget | null =
    target === undefined
      ? null
      : {
          name: nameFromRoute53(target.DNSName ?? ""),
          zoneId: target.HostedZoneId ?? null,
          evaluateTargetHealth: target.EvaluateTargetHealth ?? false,
        };
  const values = (raw.ResourceRecords ?? []).map((record) => valueFromRoute53(type, record.Value ?? ""));
  return {
    name: nameFromRoute53(raw.Name ?? ""),
    type,
    ttlSeconds: raw.TTL ?? null,
    values: [...new Set(values)].sort(),
    setIdentifier: raw.SetIdentifier ?? null,
    policy: policyFromRoute53(raw),
    healthCheckId: raw.HealthCheckId ?? null,
    alias,
    properties: [],
  };
}

function policyFromRoute53(raw: ResourceRecordSet): RoutingPolicy | null {
  const near = raw.GeoProximityLocation;
  const opaque = raw.CidrRoutingConfig ?? raw.TrafficPolicyInstanceId ?? near?.LocalZoneGroup;
  if (opaque !== undefined) return { type: "opaque", text: JSON.stringify(opaque) };
  if (raw.Weight !== undefined) return { type: "weighted", weight: raw.Weight };
  if (raw.Region !== undefined) return { type: "latency", region: raw.Region };
  if (raw.Failover !== undefined)
    return { type: "failover", role: raw.Failover === "PRIMARY" ? "primary" : "secondary" };
  if (raw.MultiValueAnswer === true) return { type: "multivalue" };
  if (raw.GeoLocation !== undefined) {
    const { ContinentCode, CountryCode, SubdivisionCode } = raw.GeoLocation;
    return {
      type: "geolocation",
      continent: ContinentCode ?? null,
      country: CountryCode === undefined || CountryCode === "*" ? null : CountryCode,
      subdivision: SubdivisionCode ?? null,
    };
  }
  if (near === undefined) return null;
  const { Latitude, Longitude } = near.Coordinates ?? {};
  return {
    type: "geoproximity",
    region: near.AWSRegion ?? null,
    point: Latitude === undefined ? null : { latitude: Number(Latitude), longitude: Number(Longitude) },
    bias: near.Bias ?? 0,
  };
}

export function setToRoute53(set: RecordSet): ResourceRecordSet {
  const { alias } = set;
  return {
    Name: nameToRoute53(set.name),
    // The SDK's union of types grows by the year; Route 53 itself says what it knows.
    Type: set.type as NonNullable<ResourceRecordSet["Type"]>,
    ...(set.setIdentifier === null ? {} : { SetIdentifier: set.setIdentifier }),
    ...(set.policy === null ? {} : policyToRoute53(set.policy)),
    ...(set.healthCheckId === null ? {} : { HealthCheckId: set.healthCheckId }),
    ...(set.ttlSeconds === null ? {} : { TTL: set.ttlSeconds }),
    ...(set.values.length === 0
      ? {}
      : { ResourceRecords: set.values.map((value) => ({ Value: valueToRoute53(set.type, value) })) }),
    ...(alias === null
      ? {}
      : {
          AliasTarget: {
            HostedZoneId: alias.zoneId ?? "",
            DNSName: nameToRoute53(alias.name),
            EvaluateTargetHealth: alias.evaluateTargetHealth,
          },
        }),
  };
}

function policyToRoute53(policy: RoutingPolicy): Partial<ResourceRecordSet> {
  switch (policy.type) {
    case "weighted":
      return { Weight: policy.weight };
    case "latency":
      return { Region: policy.region as NonNullable<ResourceRecordSet["Region"]> };
    case "failover":
      return { Failover: policy.role === "primary" ? "PRIMARY" : "SECONDARY" };
    case "multivalue":
      return { MultiValueAnswer: true };
    case "geolocation": {
      const { continent, country, subdivision } = policy;
      if (continent !== null) return { GeoLocation: { ContinentCode: continent } };
      const state = subdivision === null ? {} : { SubdivisionCode: subdivision };
      return { GeoLocation: { CountryCode: country ?? "*", ...state } };
    }
    case "geoproximity": {
      const { region, point, bias } = policy;
      const where =
        point === null
          ? { AWSRegion: region ?? "" }
          : { Coordinates: { Latitude: degrees(point.latitude), Longitude: degrees(point.longitude) } };
      return { GeoProximityLocation: { ...where, Bias: bias } };
    }
    case "opaque":
      // Foreign sets only; a change never holds one.
      throw new TypeError(`Cannot write a policy of Route 53's own: ${policy.text.slice(0, 80)}`);
    default:
      return policy satisfies never;
  }
}

/** At most two decimals, which is all that Route 53 takes. */
function degrees(value: number): string {
  return String(Math.round(value * 100) / 100);
}
