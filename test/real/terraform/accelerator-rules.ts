/**
 * Accelerators, listeners and endpoint groups as AWS documents them: what it refuses is refused, also fields that it does
 * not know, and a change is IN_PROGRESS before it is DEPLOYED. moto has none of it.
 */
import { randomUUID } from "node:crypto";

/** An answer of status 400, by its documented name. */
export class Refusal extends Error {
  readonly type: string;
  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

export type Fields = Readonly<Record<string, unknown>>;

export interface Group {
  readonly arn: string;
  readonly region: string;
  shown: Fields;
}

export interface Listener {
  readonly arn: string;
  shown: Fields;
  readonly groups: Map<string, Group>;
}

export interface Accelerator {
  readonly arn: string;
  readonly token: string;
  shown: Fields;
  tags: Map<string, string>;
  readonly listeners: Map<string, Listener>;
  /** Looks that still see a change under way. */
  pending: number;
}

const LOOKS_IN_PROGRESS = 2;
const ACCOUNT = "123456789012";

const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  listener: ["AcceleratorArn", "PortRanges", "Protocol", "ClientAffinity", "IdempotencyToken"],
  group: [
    "ListenerArn",
    "EndpointGroupRegion",
    "EndpointConfigurations",
    "TrafficDialPercentage",
    "HealthCheckPort",
    "HealthCheckProtocol",
    "HealthCheckPath",
    "HealthCheckIntervalSeconds",
    "ThresholdCount",
    "PortOverrides",
    "IdempotencyToken",
  ],
  endpoint: ["EndpointId", "Weight", "ClientIPPreservationEnabled", "AttachmentArn"],
};

export function newAccelerator(fields: Fields): Accelerator {
  const arn = `arn:aws:globalaccelerator::${ACCOUNT}:accelerator/${randomUUID()}`;
  const Name = words(fields, "Name", /^[\w.-]{1,64}$/);
  const type = fields["IpAddressType"] ?? "IPV4";
  if (type !== "IPV4" && type !== "DUAL_STACK") throw invalid(`IpAddressType ${JSON.stringify(type)}`);
  const IpAddresses = ["192.0.2.10", "198.51.100.10"];
  const shown = {
    AcceleratorArn: arn,
    Name,
    IpAddressType: type,
    Enabled: fields["Enabled"] ?? true,
    IpSets: [{ IpFamily: "IPv4", IpAddressFamily: "IPv4", IpAddresses }],
    DnsName: `a${arn.slice(-12)}.awsglobalaccelerator.com`,
    CreatedTime: 1_764_032_000,
    LastModifiedTime: 1_764_032_000,
  };
  const token = words(fields, "IdempotencyToken", /^.{1,255}$/);
  return { arn, token, shown, tags: tagsOf(fields["Tags"] ?? []), listeners: new Map(), pending: LOOKS_IN_PROGRESS };
}

/** What changes deploys anew. */
export function changed(accelerator: Accelerator): void {
  accelerator.pending = LOOKS_IN_PROGRESS;
}

export function tagsOf(value: unknown): Map<string, string> {
  return new Map(
    list(value, "Tags", 0, 200).map((tag) => {
      const key = words(tag, "Key", /^.{1,128}$/);
      if (key.toLowerCase().startsWith("aws:")) throw invalid(`the tag ${key}`);
      return [key, words(tag, "Value", /^.{0,256}$/)];
    }),
  );
}

/** A listener's fields, checked; `others` are the accelerator's other listeners. */
export function listenerFields(fields: Fields, arn: string, others: readonly Listener[]): Fields {
  only(fields, [...(MEMBERS["listener"] ?? []), "ListenerArn"]);
  const Protocol = one(fields, "Protocol", ["TCP", "UDP"]);
  const ClientAffinity = one({ ClientAffinity: "NONE", ...fields }, "ClientAffinity", ["NONE", "SOURCE_IP"]);
  const PortRanges = list(fields["PortRanges"], "PortRanges", 1, 10).map((range) => {
    const [FromPort, ToPort] = [whole(range, "FromPort", 1, 65_535), whole(range, "ToPort", 1, 65_535)];
    if (FromPort > ToPort) throw new Refusal("InvalidPortRangeException", `${FromPort}-${ToPort} is no range`);
    return { FromPort, ToPort };
  });
  const taken = others
    .filter(({ shown }) => shown["Protocol"] === Protocol)
    .flatMap(({ shown }) => list(shown["PortRanges"], "PortRanges", 1, 10));
  for (const [at, range] of PortRanges.entries()) {
    const overlaps = [...taken, ...PortRanges.slice(0, at)].some(
      (other) => range.FromPort <= Number(other["ToPort"]) && Number(other["FromPort"]) <= range.ToPort,
    );
    if (overlaps) throw new Refusal("InvalidPortRangeException", `${range.FromPort}-${range.ToPort} overlaps`);
  }
  return { ListenerArn: arn, Protocol, ClientAffinity, PortRanges };
}

/** An endpoint group's fields, checked, with AWS' defaults for those that were left out. */
export function groupFields(fields: Fields, arn: string, region: string): Fields {
  only(fields, [...(MEMBERS["group"] ?? []), "EndpointGroupArn"]);
  const all: Fields = {
    TrafficDialPercentage: 100,
    HealthCheckProtocol: "TCP",
    HealthCheckIntervalSeconds: 30,
    ThresholdCount: 3,
    EndpointConfigurations: [],
    PortOverrides: [],
    ...fields,
  };
  const protocol = one(all, "HealthCheckProtocol", ["TCP", "HTTP", "HTTPS"]);
  if (![10, 30].includes(Number(all["HealthCheckIntervalSeconds"]))) throw invalid("HealthCheckIntervalSeconds");
  const dial = all["TrafficDialPercentage"];
  if (typeof dial !== "number" || dial < 0 || dial > 100) throw invalid("TrafficDialPercentage");
  const endpoints = list(all["EndpointConfigurations"], "EndpointConfigurations", 0, 10).map((endpoint) => {
    only(endpoint, MEMBERS["endpoint"] ?? []);
    return endpointOf(endpoint, region);
  });
  if (new Set(endpoints.map(({ EndpointId }) => EndpointId)).size !== endpoints.length)
    throw invalid("an endpoint twice");
  return {
    EndpointGroupArn: arn,
    EndpointGroupRegion: region,
    EndpointDescriptions: endpoints,
    TrafficDialPercentage: dial,
    ...(all["HealthCheckPort"] === undefined ? {} : { HealthCheckPort: whole(all, "HealthCheckPort", 1, 65_535) }),
    HealthCheckProtocol: protocol,
    // A connection has no path.
    ...(protocol === "TCP" ? {} : { HealthCheckPath: all["HealthCheckPath"] ?? "/" }),
    HealthCheckIntervalSeconds: all["HealthCheckIntervalSeconds"],
    ThresholdCount: whole(all, "ThresholdCount", 1, 10),
    PortOverrides: all["PortOverrides"],
  };
}

/** Who keeps the client's address: an instance always, a load balancer when asked, an Elastic IP never. */
function endpointOf(endpoint: Fields, region: string): Fields {
  const id = words(endpoint, "EndpointId", /^.{1,255}$/);
  const balancer = /^arn:aws:elasticloadbalancing:([a-z0-9-]+):\d{12}:loadbalancer\/(?:net|app)\/[^/]+\/[^/]+$/.exec(
    id,
  );
  const isInstance = /^i-[0-9a-f]{8,17}$/.test(id);
  const isAddress = /^eipalloc-[0-9a-f]{8,17}$/.test(id);
  if (balancer === null && !isInstance && !isAddress) throw invalid(`the endpoint ${id}`);
  if (balancer !== null && balancer[1] !== region) throw invalid(`the endpoint ${id} outside of ${region}`);
  const keeps = endpoint["ClientIPPreservationEnabled"] ?? !isAddress;
  if (isAddress && keeps === true) throw invalid(`ClientIPPreservationEnabled for the Elastic IP ${id}`);
  return {
    EndpointId: id,
    Weight: whole({ Weight: 128, ...endpoint }, "Weight", 0, 255),
    HealthState: "INITIAL",
    ClientIPPreservationEnabled: keeps,
  };
}

/** Refuses members that the API does not have. */
export function only(fields: Fields, known: readonly string[]): void {
  const unknown = Object.keys(fields).filter((name) => !known.includes(name));
  if (unknown.length > 0) throw invalid(`the member ${unknown.join(", ")}`);
}

export function words(fields: Fields, name: string, pattern: RegExp): string {
  const value = fields[name];
  if (typeof value !== "string" || !pattern.test(value)) throw invalid(`${name} ${JSON.stringify(value)}`);
  return value;
}

function one(fields: Fields, name: string, known: readonly string[]): string {
  const value = fields[name];
  if (typeof value !== "string" || !known.includes(value)) throw invalid(`${name} ${JSON.stringify(value)}`);
  return value;
}

function whole(fields: Fields, name: string, min: number, max: number): number {
  const value = fields[name];
  if (!Number.isSafeInteger(value) || Number(value) < min || Number(value) > max)
    throw invalid(`${name} ${JSON.stringify(value)}`);
  return Number(value);
}

function list(value: unknown, name: string, min: number, max: number): readonly Fields[] {
  if (!Array.isArray(value) || value.length < min || value.length > max) throw invalid(`${name} of this length`);
  return value.map((entry: unknown) => Object.fromEntries(Object.entries(Object(entry))));
}

function invalid(what: string): Refusal {
  return new Refusal("InvalidArgumentException", `Global Accelerator does not take ${what}`);
}
