/** external-dns' endpoints and changes as JSON: empty fields are left out, and their case does not matter, as in Go. */
import type { Endpoint, EndpointChanges, EndpointProperty } from "../../core/dns/endpoint.ts";
import { integer, list, parse, type Parsed, type Read, record, ShapeProblem, text } from "../../core/snapshot/guard.ts";

export const MEDIA_TYPE = "application/external.dns.webhook+json;version=1";
const MAX = 200_000;

/** A missing or null field is its empty value, as Go's decoder has it. */
function or<T>(empty: T, read: Read<T>): Read<T> {
  return (value, at) => (value === undefined || value === null ? empty : read(value, at));
}

/** The fields of an object under their own names, whatever case they were written in. */
function anyCase<T>(names: readonly string[], read: Read<T>): Read<T> {
  const own = new Map(names.map((name) => [name.toLowerCase(), name]));
  return (value, at) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return read(value, at);
    const entries = Object.entries(value).map(([key, entry]: [string, unknown]) => [
      own.get(key.toLowerCase()) ?? key,
      entry,
    ]);
    return read(Object.fromEntries(entries), at);
  };
}

const readLabels: Read<Readonly<Record<string, string>>> = (value, at) => {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new ShapeProblem(`${at} must be an object`);
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, text(65_536)(entry, `${at}.${key}`)]));
};

const readProperty = record<EndpointProperty>({ name: or("", text()), value: or("", text(65_536)) });

const readEndpoint: Read<Endpoint> = anyCase(
  ["dnsName", "recordType", "targets", "recordTTL", "setIdentifier", "labels", "providerSpecific"],
  record<Endpoint>({
    dnsName: or("", text()),
    recordType: or("", text(40)),
    targets: or([], list(text(65_536), 10_000)),
    recordTTL: or(0, integer(0)),
    setIdentifier: or("", text()),
    labels: or({}, readLabels),
    providerSpecific: or([], list(readProperty, 1000)),
  }),
);

const readEndpoints = or<readonly Endpoint[]>([], list(readEndpoint, MAX));

const readChanges: Read<EndpointChanges> = anyCase(
  ["create", "updateOld", "updateNew", "delete"],
  record<EndpointChanges>({
    create: readEndpoints,
    updateOld: readEndpoints,
    updateNew: readEndpoints,
    delete: readEndpoints,
  }),
);

export function parseEndpoints(json: string): Parsed<readonly Endpoint[]> {
  return parse(readEndpoints, json);
}

export function parseChanges(json: string): Parsed<EndpointChanges> {
  return parse(readChanges, json);
}

export function endpointsJson(endpoints: readonly Endpoint[]): string {
  return JSON.stringify(endpoints.map(compact));
}

export function changesJson(changes: EndpointChanges): string {
  const entries = (["create", "updateOld", "updateNew", "delete"] as const).map(
    (name) => [name, changes[name].map(compact)] as const,
  );
  return JSON.stringify(Object.fromEntries(entries.filter(([, endpoints]) => endpoints.length > 0)));
}

function compact(endpoint: Endpoint): Partial<Endpoint> {
  const { labels, targets, providerSpecific, recordTTL, ...texts } = endpoint;
  return {
    ...Object.fromEntries(Object.entries(texts).filter(([, value]) => value !== "")),
    ...(targets.length > 0 ? { targets } : {}),
    ...(recordTTL > 0 ? { recordTTL } : {}),
    ...(Object.keys(labels).length > 0 ? { labels } : {}),
    ...(providerSpecific.length > 0 ? { providerSpecific } : {}),
  };
}
