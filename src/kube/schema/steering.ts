/** `spec.steering` of a TrafficPolicy: the method, and what goes with the order of clusters. */
import * as z from "zod";
import type { CircuitSettings } from "../../core/health/circuit.ts";
import { parsePlace } from "../../core/geo/place.ts";
import {
  type ClusterTerms,
  DEFAULT_POLICY,
  type Ramp,
  type SlowStart,
  type SpillPolicy,
  type SteeringMethod,
  type TieWindow,
} from "../../core/steering/policy.ts";
import { isRecord } from "../plain.ts";
import { always, fields, integer, number, type Report, text } from "./fields.ts";
import { dnsLabel, type TextRule } from "./names.ts";
import { duration, timestamp } from "./time.ts";

/** Place of a client as rules spell it. */
export const place: TextRule = (value) =>
  parsePlace(value) === null
    ? 'it must be a network ("192.0.2.0/24"), a subdivision ("US-CA"), a country ("DE"), a group ("eu"), "continent:EU" or "*"'
    : null;

/** What `spec.steering` says; null where it says nothing. */
export interface SteeringSpec {
  readonly method: SteeringMethod | null;
  readonly tieWindow: TieWindow | null;
  readonly clusters: readonly ClusterTerms[];
  readonly spill: SpillPolicy | null;
  readonly slowStart: SlowStart | null;
}

const TYPES = ["Nearest", "LeastLatency", "Weighted", "Failover", "Geolocation"] as const;

/** Reads `spec.steering`. */
export function steeringSpec(strict: boolean): z.ZodType<SteeringSpec> {
  const names = z.array(text(dnsLabel)).min(1);
  const tieWindow = fields(strict, { ms: number(0, 10_000).nullish(), percent: number(0, 100).nullish() });
  const rule = fields(strict, { from: z.array(text(place)).min(1), clusters: names });
  const spill = fields(strict, { overProvisioning: number(1, 100).nullish(), byReadiness: z.boolean().nullish() });
  const slowStart = fields(strict, { window: duration(0, 86_400_000), fromPercent: number(0, 100).nullish() });
  return fields(strict, {
    type: z.enum(TYPES).nullish(),
    tieWindow: tieWindow.nullish(),
    tiers: z
      .array(fields(strict, { clusters: names }))
      .min(1)
      .nullish(),
    rules: z.array(rule).min(1).nullish(),
    clusters: z.array(clusterTerms(strict)).nullish(),
    spill: spill.nullish(),
    slowStart: slowStart.nullish(),
  })
    .check(always(needsItsList))
    .transform((spec): SteeringSpec => {
      const { tieWindow: window, spill: over, slowStart: start } = spec;
      return {
        method: methodOf(spec.type ?? null, spec.tiers ?? [], spec.rules ?? []),
        tieWindow: window
          ? {
              ms: window.ms ?? DEFAULT_POLICY.tieWindow.ms,
              percent: window.percent ?? DEFAULT_POLICY.tieWindow.percent,
            }
          : null,
        clusters: (spec.clusters ?? []).toSorted((a, b) => (a.cluster < b.cluster ? -1 : 1)),
        spill: over
          ? {
              overProvisioning: over.overProvisioning ?? DEFAULT_POLICY.spill.overProvisioning,
              byReadiness: over.byReadiness ?? false,
            }
          : null,
        slowStart: start ? { windowMs: start.window, fromPercent: start.fromPercent ?? 10 } : null,
      };
    });
}

function methodOf(
  type: (typeof TYPES)[number] | null,
  tiers: readonly { readonly clusters: readonly string[] }[],
  rules: readonly { readonly from: readonly string[]; readonly clusters: readonly string[] }[],
): SteeringMethod | null {
  switch (type) {
    case "Nearest":
      return { type: "nearest" };
    case "LeastLatency":
      return { type: "least-latency" };
    case "Weighted":
      return { type: "weighted" };
    case "Failover":
      return { type: "failover", tiers: tiers.map((tier) => tier.clusters) };
    case "Geolocation":
      return { type: "geolocation", rules: rules.map(({ from, clusters }) => ({ from, clusters })) };
    case null:
      return null;
    default:
      return type satisfies never;
  }
}

/** A list that its type does not use is a list that its writer believes in. */
function needsItsList(value: unknown, report: Report): void {
  if (!isRecord(value)) return;
  for (const [type, list] of [
    ["Failover", "tiers"],
    ["Geolocation", "rules"],
  ] as const) {
    const has = value[list] !== undefined && value[list] !== null;
    if (value["type"] === type && !has) report(`is ${type}, which needs "${list}"`, ["type"]);
    if (value["type"] !== type && has) report(`is for type ${type} alone`, [list], { at: "key" });
  }
}

/** A planned change of share; also of a Cluster. */
export function ramp(strict: boolean): z.ZodType<Ramp> {
  return fields(strict, {
    start: timestamp(),
    duration: duration(1000, 31_536_000_000),
    fromPercent: number(0, 100).nullish(),
  }).transform((one) => ({ startMs: one.start, durationMs: one.duration, fromPercent: one.fromPercent ?? 10 }));
}

/** A drain, with the time until which pinned clients may stay; also of a Cluster. */
export function drain(strict: boolean): z.ZodType<{ readonly deadlineMs: number | null }> {
  return fields(strict, { deadline: timestamp().nullish() }).transform((one) => ({ deadlineMs: one.deadline ?? null }));
}

/** Limits of what an edge has under way at one origin; also of a Cluster. */
export function limits(strict: boolean): z.ZodType<CircuitSettings> {
  const limit = integer(1, 1_000_000).nullish();
  return fields(strict, { connections: limit, pending: limit, requests: limit }).transform((one) => ({
    connections: one.connections ?? null,
    pending: one.pending ?? null,
    requests: one.requests ?? null,
  }));
}

function clusterTerms(strict: boolean): z.ZodType<ClusterTerms> {
  return fields(strict, {
    name: text(dnsLabel),
    weight: integer(0, 1000).nullish(),
    bias: integer(-99, 99).nullish(),
    ramp: ramp(strict).nullish(),
    drain: drain(strict).nullish(),
  }).transform((one) => ({
    cluster: one.name,
    weight: one.drain ? 0 : (one.weight ?? null),
    bias: one.bias ?? null,
    ramp: one.ramp ?? null,
    drainUntilMs: one.drain?.deadlineMs ?? null,
  }));
}
