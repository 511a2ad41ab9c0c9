/** The `dns:` section of the configuration, and the same as a file of its own. */
import * as z from "zod";
import { EVERY_NAME } from "../../core/dns/domain-filter.ts";
import { DEFAULT_TTL_SECONDS } from "../../core/dns/desired.ts";
import type { EdgePlace } from "../../core/dns/edge-hosts.ts";
import type { DnsSettings, EdgeHostSettings, ZoneSettings } from "../../core/dns/settings.ts";
import { always, fields, integer, text } from "./fields.ts";
import { providerSettings, secret, url } from "./dns-providers.ts";
import { type Parsed, parse } from "./issues.ts";
import { point } from "./location.ts";
import { connectHost, dnsLabel, hostName, notEmpty, type TextRule } from "./names.ts";
import { duration } from "./time.ts";
import { isRecord } from "../plain.ts";

/** Reads the settings of DNS; every field that nobody reads is told. */
export function readDnsSettings(value: unknown): Parsed<DnsSettings> {
  return parse(dnsSettingsSchema(), value);
}

const ownerId: TextRule = (value) =>
  /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/.test(value) ? null : "it must be 1 to 63 letters, digits, dots and hyphens";

const policy = () => z.enum(["sync", "upsert-only", "create-only"]);
const mode = () => z.enum(["native", "compat"]);
const visibility = () => z.enum(["public", "private"]);
const names = () => z.array(z.string().min(1));

const filter = () => fields(true, { include: names().nullish(), exclude: names().nullish() });
const registry = () =>
  fields(true, {
    prefix: z.string().nullish(),
    suffix: z.string().nullish(),
    wildcardReplacement: z.string().nullish(),
    oldOwner: text(ownerId).nullish(),
    managedTypes: names().nullish(),
    excludedTypes: names().nullish(),
    encryptionKey: secret().nullish(),
  });

const declaredHost: TextRule = (value) => hostName(value.startsWith("*.") ? value.slice(2) : value);

const hosts = () =>
  fields(true, {
    declared: z.array(text(declaredHost)).nullish(),
    attach: fields(true, {
      type: z.literal("cloudflare"),
      zoneId: text(notEmpty),
      token: secret(),
      url: text(url).nullish(),
    }).nullish(),
  });

const edge = () =>
  fields(true, {
    name: text(dnsLabel),
    hostName: text(hostName).nullish(),
    addresses: z.array(text(connectHost)).nullish(),
    location: point(true).nullish(),
    latencyRegion: text(notEmpty).nullish(),
    bias: integer(-99, 99).nullish(),
    aliasZoneId: text(notEmpty).nullish(),
    hosts: hosts().nullish(),
  }).check(
    always((value, report) => {
      if (!isRecord(value) || !isRecord(value["hosts"]) || !isRecord(value["hosts"]["attach"])) return;
      if (typeof value["hostName"] !== "string") report("has to say hostName, which attached hosts point at");
    }),
  );

type ReadEdge = z.infer<ReturnType<typeof edge>>;

function placeOf(one: ReadEdge): EdgePlace {
  return {
    name: one.name,
    hostName: one.hostName ?? null,
    addresses: one.addresses ?? [],
    location: one.location ?? null,
    latencyRegion: one.latencyRegion ?? null,
    bias: one.bias ?? 0,
    aliasZoneId: one.aliasZoneId ?? null,
  };
}

function hostsOf({ name, hostName, hosts: said }: ReadEdge): readonly EdgeHostSettings[] {
  if (said === null || said === undefined) return [];
  const { attach } = said;
  return [
    {
      edge: name,
      target: hostName ?? "",
      declared: said.declared ?? [],
      attach: attach === null || attach === undefined ? null : { ...attach, url: attach.url ?? null },
    },
  ];
}

const zone = () =>
  fields(true, {
    name: text(hostName),
    visibility: visibility().nullish(),
    id: text(notEmpty).nullish(),
    provider: providerSettings(),
    owner: text(ownerId).nullish(),
    mode: mode().nullish(),
    policy: policy().nullish(),
    filter: filter().nullish(),
    registry: registry().nullish(),
  });

type ReadZone = z.infer<ReturnType<typeof zone>>;

/** The section `dns` of a Control, or a file of its own. */
export function dnsSettingsSchema(): z.ZodType<DnsSettings> {
  return fields(true, {
    owner: text(ownerId),
    mode: mode().nullish(),
    policy: policy().nullish(),
    ttl: duration(0, 86_400_000).nullish(),
    federation: fields(true, {
      name: text(dnsLabel),
      suffix: text(hostName),
      visibility: visibility().nullish(),
    }).nullish(),
    origins: text(hostName).nullish(),
    edges: z.array(edge()).nullish(),
    zones: z.array(zone()).min(1),
  }).transform((read): DnsSettings => {
    const { federation } = read;
    const defaults = { owner: read.owner, mode: read.mode ?? "native", policy: read.policy ?? "sync" } as const;
    return {
      federation:
        federation === null || federation === undefined
          ? null
          : { name: federation.name, suffix: federation.suffix, visibility: federation.visibility ?? "public" },
      originSuffix: read.origins ?? null,
      edges: (read.edges ?? []).map(placeOf),
      hosts: (read.edges ?? []).flatMap(hostsOf),
      ttlSeconds: read.ttl === null || read.ttl === undefined ? DEFAULT_TTL_SECONDS : Math.round(read.ttl / 1000),
      zones: read.zones.map((one) => zoneOf(one, defaults)),
    };
  });
}

function zoneOf(read: ReadZone, defaults: Pick<ZoneSettings, "owner" | "mode" | "policy">): ZoneSettings {
  const { registry, filter } = read;
  return {
    name: read.name,
    visibility: read.visibility ?? "public",
    id: read.id ?? null,
    provider: read.provider,
    owner: read.owner ?? defaults.owner,
    mode: read.mode ?? defaults.mode,
    policy: read.policy ?? defaults.policy,
    filter:
      filter === null || filter === undefined
        ? EVERY_NAME
        : { ...EVERY_NAME, include: filter.include ?? [], exclude: filter.exclude ?? [] },
    registry: {
      prefix: registry?.prefix ?? "",
      suffix: registry?.suffix ?? "",
      wildcardReplacement: registry?.wildcardReplacement ?? "",
      oldOwner: registry?.oldOwner ?? "",
      managedTypes: registry?.managedTypes ?? ["A", "AAAA", "CNAME"],
      excludedTypes: registry?.excludedTypes ?? [],
      encryptionKey: registry?.encryptionKey ?? null,
    },
  };
}
