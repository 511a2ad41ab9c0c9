import * as z from "zod";
import { isGroupName, parsePlace } from "../../core/geo/place.ts";
import type { TrafficPolicyObject } from "../../core/objects.ts";
import type { Affinity, Canary, Maintenance, Residency } from "../../core/steering/policy.ts";
import { NO_SETTINGS } from "../../core/steering/settings.ts";
import { isRecord } from "../plain.ts";
import { always, fields, integer, number, perMode, text } from "./fields.ts";
import { healthCheck } from "./health-check.ts";
import { type Parsed, parse } from "./issues.ts";
import { point } from "./location.ts";
import { envelope } from "./meta.ts";
import { cidr, country, dnsLabel, dnsName, ingressHost, notEmpty } from "./names.ts";
import { limits, place, steeringSpec } from "./steering.ts";
import { duration, timestamp } from "./time.ts";

/** Reads a `portolan.dev/v1alpha1` TrafficPolicy. */
export function readTrafficPolicy(value: unknown, strict: boolean): Parsed<TrafficPolicyObject> {
  return parse(trafficPolicySchema(strict), value);
}

export const trafficPolicySchema: (strict: boolean) => z.ZodType<TrafficPolicyObject> = perMode((strict) => {
  const clientLocation = fields(strict, {
    cidr: text(cidr),
    country: text(country).nullish(),
    location: point(strict).nullish(),
  }).transform((entry) => ({ cidr: entry.cidr, country: entry.country ?? null, location: entry.location ?? null }));
  const group = fields(strict, { name: text(groupName), places: z.array(text(groupMember)).min(1) });
  const spec = fields(strict, {
    hosts: z.array(text(ingressHost)).nullish(),
    steering: steeringSpec(strict).nullish(),
    canary: canary(strict).nullish(),
    residency: residency(strict).nullish(),
    affinity: affinity(strict).nullish(),
    maintenance: maintenance(strict).nullish(),
    limits: limits(strict).nullish(),
    healthCheck: healthCheck(strict).nullish(),
    groups: z.array(group).nullish(),
    clientLocations: z.array(clientLocation).nullish(),
  });
  return envelope(strict, spec, { namespaced: false, name: dnsName }).transform(
    ({ meta, spec }): TrafficPolicyObject => ({
      meta,
      hosts: spec.hosts ?? [],
      steering: {
        ...NO_SETTINGS,
        ...spec.steering,
        canary: spec.canary ?? null,
        residency: spec.residency ?? null,
        affinity: spec.affinity ?? null,
        maintenance: spec.maintenance ?? null,
        limits: spec.limits ?? null,
        groups: (spec.groups ?? []).map(({ name, places }) => ({ name, places })),
      },
      healthCheck: spec.healthCheck ?? null,
      clientLocations: spec.clientLocations ?? [],
    }),
  );
});

function groupName(value: string): string | null {
  return isGroupName(value) ? null : 'it must be lower-case letters, digits and "-", beginning with a letter';
}

function groupMember(value: string): string | null {
  const kind = parsePlace(value)?.kind;
  const isMember = kind === "country" || kind === "subdivision" || kind === "group";
  return isMember ? null : 'it must be a country ("DE"), a subdivision ("US-CA") or another group ("eu")';
}

function unknownAs(value: string): string | null {
  const kind = parsePlace(value)?.kind;
  const isRight = value === "Strictest" || value === "Allow" || kind === "country" || kind === "subdivision";
  return isRight ? null : 'it must be "Strictest", "Allow", a country ("DE") or a subdivision ("US-CA")';
}

function canary(strict: boolean): z.ZodType<Canary> {
  const match = fields(strict, { name: text(notEmpty), value: z.string().nullish() });
  return fields(strict, {
    clusters: z.array(text(dnsLabel)).min(1),
    percent: number(0, 100).nullish(),
    header: match.nullish(),
    cookie: match.nullish(),
  }).transform((one) => ({
    clusters: one.clusters,
    percent: one.percent ?? 0,
    header: one.header ? { name: one.header.name.toLowerCase(), value: one.header.value ?? null } : null,
    cookie: one.cookie ? { name: one.cookie.name, value: one.cookie.value ?? null } : null,
  }));
}

function residency(strict: boolean): z.ZodType<Residency> {
  const rule = fields(strict, { from: z.array(text(place)).nullish(), within: z.array(text(notEmpty)).min(1) });
  return fields(strict, {
    rules: z.array(rule).min(1),
    unknownAs: text(unknownAs).nullish(),
    onNoCluster: z.enum(["Reject", "Allow"]).nullish(),
    status: z.union([z.literal(451), z.literal(503)]).nullish(),
  }).transform((one): Residency => {
    const unknown = one.unknownAs ?? "Strictest";
    return {
      rules: one.rules.map(({ from, within }) => ({ from: from ?? [], within })),
      unknownAs: unknown === "Strictest" || unknown === "Allow" ? unknown.toLowerCase() : unknown,
      onNoCluster: one.onNoCluster === "Allow" ? "allow" : "reject",
      status: one.status ?? 451,
    };
  });
}

function affinity(strict: boolean): z.ZodType<Affinity> {
  return fields(strict, {
    type: z.enum(["Cookie", "ClientAddress", "Header"]),
    ttl: duration(1000, 31_536_000_000).nullish(),
    header: text(notEmpty).nullish(),
  })
    .check(
      always((value, report) => {
        if (isRecord(value) && value["type"] === "Header" && typeof value["header"] !== "string")
          report('is Header, which needs "header"', ["type"]);
      }),
    )
    .transform((one): Affinity => {
      if (one.type === "Cookie") return { type: "cookie", ttlMs: one.ttl ?? 82_800_000 };
      if (one.type === "ClientAddress") return { type: "client-address" };
      return { type: "header", name: (one.header ?? "").toLowerCase() };
    });
}

function maintenance(strict: boolean): z.ZodType<Maintenance> {
  return fields(strict, {
    status: integer(200, 599).nullish(),
    body: z.string().nullish(),
    contentType: text(notEmpty).nullish(),
    retryAfter: duration(0, 31_536_000_000).nullish(),
    from: timestamp().nullish(),
    until: timestamp().nullish(),
    except: z.array(text(cidr)).nullish(),
  }).transform((one) => ({
    status: one.status ?? 503,
    body: one.body ?? "This service is under maintenance.\n",
    contentType: one.contentType ?? "text/plain; charset=utf-8",
    retryAfterSeconds: typeof one.retryAfter === "number" ? Math.ceil(one.retryAfter / 1000) : null,
    fromMs: one.from ?? null,
    untilMs: one.until ?? null,
    except: one.except ?? [],
  }));
}
