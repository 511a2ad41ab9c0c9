/** The shapes of record sets and changes when they are read back from a store: total, like all of `guard.ts`. */
import { integer, list, nullable, number, oneOf, type Read, record, ShapeProblem, text } from "../snapshot/guard.ts";
import type { AliasTarget, DnsChange, RecordProperty, RecordSet, RoutingPolicy, Zone } from "./records.ts";

/** Route 53's 400 values of one set are the most that any provider holds. */
const MAX_VALUES = 1000;
const MAX_SETS = 100;

const name = text(1024);
const value = text(65_536);

const isTrue: Read<boolean> = (input, at) => {
  if (typeof input === "boolean") return input;
  throw new ShapeProblem(`${at} must be true or false: it is ${typeof input}`);
};

export const readZone: Read<Zone> = record<Zone>({ name, visibility: oneOf("public", "private"), id: text(2048) });

const place = { continent: nullable(text(2)), country: nullable(text(2)), subdivision: nullable(text(8)) };
const point = record({ latitude: number(-90, 90), longitude: number(-180, 180) });
const near = { region: nullable(name), point: nullable(point), bias: integer(-99, 99) };

const readPolicy: Read<RoutingPolicy> = (input, at) => {
  const { type } = record({ type: text(40) })(input, at);
  switch (type) {
    case "weighted":
      return { type, ...record({ weight: integer(0, 255) })(input, at) };
    case "latency":
      return { type, ...record({ region: name })(input, at) };
    case "geolocation":
      return { type, ...record(place)(input, at) };
    case "geoproximity":
      return { type, ...record(near)(input, at) };
    case "failover":
      return { type, ...record({ role: oneOf("primary", "secondary") })(input, at) };
    case "multivalue":
      return { type };
    case "opaque":
      return { type, ...record({ text: value })(input, at) };
    default:
      throw new ShapeProblem(`${at}.type must be a routing policy: it is "${type}"`);
  }
};

export const readRecordSet: Read<RecordSet> = record<RecordSet>({
  name,
  type: text(40),
  ttlSeconds: nullable(integer(0, 0x7fffffff)),
  values: list(value, MAX_VALUES),
  setIdentifier: nullable(text(128)),
  policy: nullable(readPolicy),
  healthCheckId: nullable(text(2048)),
  alias: nullable(record<AliasTarget>({ name, zoneId: nullable(text(2048)), evaluateTargetHealth: isTrue })),
  properties: list(record<RecordProperty>({ name, value }), 100),
});

export const readDnsChange: Read<DnsChange> = record<DnsChange>({
  action: oneOf("create", "upsert", "replace", "delete"),
  name,
  before: list(readRecordSet, MAX_SETS),
  after: list(readRecordSet, MAX_SETS),
  reason: text(4096),
});
