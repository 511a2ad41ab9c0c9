/** Shape and limits of a steering policy on its way through the store. Fields that an older writer did not know get their defaults. */
import type { CircuitSettings } from "../health/circuit.ts";
import {
  type Affinity,
  type Canary,
  type ClusterTerms,
  DEFAULT_POLICY,
  type GeoRule,
  type Maintenance,
  type PlaceGroup,
  type Ramp,
  type Residency,
  type ResidencyRule,
  type SlowStart,
  type SpillPolicy,
  type SteeringMethod,
  type SteeringPolicy,
} from "../steering/policy.ts";
import { byType, integer, list, nullable, number, oneOf, orDefault, type Read, record, text, truth } from "./guard.ts";

const name = text(253);
const clusters = list(name, 1000);
const places = list(text(64), 10_000);

const limit = nullable(integer(1, 1_000_000));
export const readLimits: Read<CircuitSettings> = record<CircuitSettings>({
  connections: limit,
  pending: limit,
  requests: limit,
});

export const readRamp: Read<Ramp> = record<Ramp>({
  startMs: integer(),
  durationMs: integer(0, 31_536_000_000),
  fromPercent: number(0, 100),
});

const readMethod: Read<SteeringMethod> = byType<SteeringMethod>({
  nearest: record({ type: oneOf("nearest") }),
  "least-latency": record({ type: oneOf("least-latency") }),
  weighted: record({ type: oneOf("weighted") }),
  failover: record({ type: oneOf("failover"), tiers: list(clusters, 100) }),
  geolocation: record({
    type: oneOf("geolocation"),
    rules: list(record<GeoRule>({ from: places, clusters }), 1000),
  }),
});

const readAffinity: Read<Affinity> = byType<Affinity>({
  cookie: record({ type: oneOf("cookie"), ttlMs: integer(1000, 31_536_000_000) }),
  "client-address": record({ type: oneOf("client-address") }),
  header: record({ type: oneOf("header"), name: text(256) }),
});

const readNameValue = record<{ readonly name: string; readonly value: string | null }>({
  name: text(256),
  value: nullable(text(4096)),
});

const readStatus: Read<451 | 503> = (value, at) => (integer(451, 503)(value, at) === 451 ? 451 : 503);

/** A policy. */
export const readPolicy: Read<SteeringPolicy> = record<SteeringPolicy>({
  source: orDefault(nullable(text()), DEFAULT_POLICY.source),
  method: orDefault(readMethod, DEFAULT_POLICY.method),
  tieWindow: record({ ms: number(0, 10_000), percent: number(0, 100) }),
  clusters: orDefault(
    list(
      record<ClusterTerms>({
        cluster: name,
        weight: nullable(integer(0, 1000)),
        bias: nullable(integer(-99, 99)),
        ramp: nullable(readRamp),
        drainUntilMs: nullable(integer()),
      }),
      1000,
    ),
    DEFAULT_POLICY.clusters,
  ),
  spill: orDefault(record<SpillPolicy>({ overProvisioning: number(1, 100), byReadiness: truth }), DEFAULT_POLICY.spill),
  slowStart: orDefault(
    nullable(record<SlowStart>({ windowMs: integer(0, 86_400_000), fromPercent: number(0, 100) })),
    DEFAULT_POLICY.slowStart,
  ),
  canary: orDefault(
    nullable(
      record<Canary>({
        clusters,
        percent: number(0, 100),
        header: nullable(readNameValue),
        cookie: nullable(readNameValue),
      }),
    ),
    DEFAULT_POLICY.canary,
  ),
  residency: orDefault(
    nullable(
      record<Residency>({
        rules: list(record<ResidencyRule>({ from: places, within: list(name, 100) }), 1000),
        unknownAs: text(64),
        onNoCluster: oneOf("reject", "allow"),
        status: readStatus,
      }),
    ),
    DEFAULT_POLICY.residency,
  ),
  affinity: orDefault(nullable(readAffinity), DEFAULT_POLICY.affinity),
  maintenance: orDefault(
    nullable(
      record<Maintenance>({
        status: integer(200, 599),
        body: text(65_536),
        contentType: text(256),
        retryAfterSeconds: nullable(integer(0, 31_536_000)),
        fromMs: nullable(integer()),
        untilMs: nullable(integer()),
        except: list(text(64), 1000),
      }),
    ),
    DEFAULT_POLICY.maintenance,
  ),
  limits: orDefault(nullable(readLimits), DEFAULT_POLICY.limits),
  groups: orDefault(list(record<PlaceGroup>({ name: text(64), places }), 1000), DEFAULT_POLICY.groups),
});
