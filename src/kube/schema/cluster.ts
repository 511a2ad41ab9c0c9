import * as z from "zod";
import type { ClusterObject } from "../../core/objects.ts";
import { isRecord } from "../plain.ts";
import { always, fields, integer, number, perMode, portNumber, type Report, text } from "./fields.ts";
import { type Parsed, parse } from "./issues.ts";
import { point } from "./location.ts";
import { envelope } from "./meta.ts";
import { cidr, connectHost, dnsLabel, hostName, notEmpty } from "./names.ts";
import { drain, limits, ramp } from "./steering.ts";

/** Reads a `portolan.dev/v1alpha1` Cluster; everything in its spec may be left out. */
export function readCluster(value: unknown, strict: boolean): Parsed<ClusterObject> {
  return parse(clusterSchema(strict), value);
}

export const clusterSchema: (strict: boolean) => z.ZodType<ClusterObject> = perMode((strict) => {
  const gateway = fields(strict, {
    connectHost: text(connectHost),
    port: portNumber().nullish(),
    protocol: z.enum(["http", "https"]).nullish(),
    serverName: text(hostName).nullish(),
    ca: text(pemBundle).nullish(),
    host: text(hostName).nullish(),
    signed: z.boolean().nullish(),
  }).transform((gateway) => {
    const protocol = gateway.protocol ?? "https";
    return {
      connectHost: gateway.connectHost,
      port: gateway.port ?? (protocol === "https" ? 443 : 80),
      protocol,
      serverName: gateway.serverName ?? null,
      ca: gateway.ca ?? null,
      host: gateway.host ?? "public",
      signed: gateway.signed ?? false,
    };
  });
  const access = fields(strict, {
    context: text(notEmpty).nullish(),
    inCluster: z.boolean().nullish(),
    agent: z.boolean().nullish(),
  }).check(always(oneWayIn));
  const spec = fields(strict, {
    provider: text(notEmpty).nullish(),
    region: text(notEmpty).nullish(),
    zone: text(notEmpty).nullish(),
    location: point(strict).nullish(),
    residency: z.array(text(notEmpty)).nullish(),
    weight: integer(0, 1000).nullish(),
    bias: integer(-99, 99).nullish(),
    capacity: number(1, 1_000_000_000).nullish(),
    ramp: ramp(strict).nullish(),
    drain: drain(strict).nullish(),
    limits: limits(strict).nullish(),
    gateway: gateway.nullish(),
    originCIDRs: z.array(text(cidr)).nullish(),
    access: access.nullish(),
  });
  return envelope(strict, spec.nullish(), { namespaced: false, name: dnsLabel }).transform(
    ({ meta, spec }): ClusterObject => ({
      meta,
      provider: spec?.provider ?? null,
      region: spec?.region ?? null,
      zone: spec?.zone ?? null,
      location: spec?.location ?? null,
      residency: [...new Set(spec?.residency ?? [])].sort(),
      weight: spec?.weight ?? 100,
      bias: spec?.bias ?? 0,
      capacity: spec?.capacity ?? null,
      ramp: spec?.ramp ?? null,
      drain: spec?.drain ?? null,
      limits: spec?.limits ?? null,
      gateway: spec?.gateway ?? null,
      originCidrs: spec?.originCIDRs ?? [],
      access: accessOf(spec?.access ?? {}),
    }),
  );
});

function accessOf({
  context,
  inCluster,
  agent,
}: {
  context?: string | null | undefined;
  inCluster?: boolean | null | undefined;
  agent?: boolean | null | undefined;
}) {
  if (inCluster === true) return "in-cluster";
  if (agent === true) return "agent";
  return context === undefined || context === null ? null : { context };
}

function oneWayIn(value: unknown, report: Report): void {
  if (!isRecord(value)) return;
  const ways = [typeof value["context"] === "string", value["inCluster"] === true, value["agent"] === true].filter(
    Boolean,
  );
  if (ways.length !== 1) report("has to say one of context: NAME, inCluster: true and agent: true");
}

function pemBundle(pem: string): string | null {
  return pem.includes("-----BEGIN CERTIFICATE-----") ? null : "it must be certificates in PEM form";
}
