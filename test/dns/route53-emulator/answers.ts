import { normaliseName, type StoredSet, sortText, writeSet } from "./record-set.ts";
import { tag } from "./xml.ts";
import type { HostedZone } from "./zone.ts";

export const NAMESPACE = "https://route53.amazonaws.com/doc/2013-04-01/";

export function errorXml(code: string, message: string): string {
  const error = tag("Error", [tag("Type", "Sender"), tag("Code", code), tag("Message", message)]);
  return `<?xml version="1.0"?><ErrorResponse xmlns="${NAMESPACE}">${error}<RequestId>r</RequestId></ErrorResponse>`;
}

export function hostedZoneXml(zone: HostedZone): string {
  return tag("HostedZone", [
    tag("Id", `/hostedzone/${zone.id}`),
    tag("Name", zone.name),
    tag("CallerReference", zone.callerReference),
    tag("Config", [tag("PrivateZone", zone.isPrivate)]),
    tag("ResourceRecordSetCount", zone.sets.size),
  ]);
}

/** One page of record sets, or null for a start that Route 53 refuses. */
export function listXml(zone: HostedZone, query: URLSearchParams, maxItems: number): string | null {
  const [name, type, identifier] = [query.get("name"), query.get("type"), query.get("identifier")];
  if ((name === null && type !== null) || (type === null && identifier !== null)) return null;
  const size = Math.min(Number(query.get("maxitems") ?? 300), maxItems, 300);
  const all = [...zone.sets.values()].map((set) => ({ set, text: sortText(set) }));
  all.sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
  const from =
    name === null ? "" : sortText({ name: normaliseName(name), type: type ?? "", setIdentifier: identifier });
  const rest = all.filter(({ text }) => text >= from).map(({ set }) => set);
  const next: StoredSet | undefined = rest[size];
  return [
    tag("ResourceRecordSets", rest.slice(0, size).map(writeSet)),
    tag("IsTruncated", next !== undefined),
    tag("MaxItems", size),
    tag("NextRecordName", next?.name ?? null),
    tag("NextRecordType", next?.type ?? null),
    tag("NextRecordIdentifier", next?.setIdentifier ?? null),
  ].join("");
}
