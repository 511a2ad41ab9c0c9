/** A ResourceRecordSet as Route 53 keeps it, and its XML. */
import { child, childText, type Element, tag } from "./xml.ts";

export interface StoredSet {
  /** Lower case, with the dot at the end, unusual bytes in octal. */
  readonly name: string;
  readonly type: string;
  readonly setIdentifier: string | null;
  readonly weight: number | null;
  readonly region: string | null;
  readonly geoLocation: {
    readonly continent: string | null;
    readonly country: string | null;
    readonly subdivision: string | null;
  } | null;
  readonly geoProximity: {
    readonly region: string | null;
    readonly latitude: string | null;
    readonly longitude: string | null;
    readonly bias: number;
  } | null;
  readonly failover: string | null;
  readonly multiValue: boolean;
  readonly ttl: number | null;
  readonly values: readonly string[];
  readonly alias: { readonly zoneId: string; readonly name: string; readonly evaluate: boolean } | null;
  readonly healthCheckId: string | null;
}

export function readSet(element: Element): StoredSet {
  const geo = child(element, "GeoLocation");
  const near = child(element, "GeoProximityLocation");
  const coordinates = near === null ? null : child(near, "Coordinates");
  const alias = child(element, "AliasTarget");
  const number = (name: string) => {
    const text = childText(element, name);
    return text === null ? null : Number(text);
  };
  return {
    name: normaliseName(childText(element, "Name") ?? ""),
    type: childText(element, "Type") ?? "",
    setIdentifier: childText(element, "SetIdentifier"),
    weight: number("Weight"),
    region: childText(element, "Region"),
    geoLocation:
      geo === null
        ? null
        : {
            continent: childText(geo, "ContinentCode"),
            country: childText(geo, "CountryCode"),
            subdivision: childText(geo, "SubdivisionCode"),
          },
    geoProximity:
      near === null
        ? null
        : {
            region: childText(near, "AWSRegion"),
            latitude: coordinates === null ? null : childText(coordinates, "Latitude"),
            longitude: coordinates === null ? null : childText(coordinates, "Longitude"),
            bias: Number(childText(near, "Bias") ?? "0"),
          },
    failover: childText(element, "Failover"),
    multiValue: childText(element, "MultiValueAnswer") === "true",
    ttl: number("TTL"),
    values: (child(element, "ResourceRecords")?.children ?? []).map((one) => childText(one, "Value") ?? ""),
    alias:
      alias === null
        ? null
        : {
            zoneId: childText(alias, "HostedZoneId") ?? "",
            name: normaliseName(childText(alias, "DNSName") ?? ""),
            evaluate: childText(alias, "EvaluateTargetHealth") === "true",
          },
    healthCheckId: childText(element, "HealthCheckId"),
  };
}

export function writeSet(set: StoredSet): string {
  const { geoLocation: geo, geoProximity: near, alias } = set;
  return tag("ResourceRecordSet", [
    tag("Name", set.name),
    tag("Type", set.type),
    tag("SetIdentifier", set.setIdentifier),
    tag("Weight", set.weight),
    tag("Region", set.region),
    geo === null
      ? ""
      : tag("GeoLocation", [
          tag("ContinentCode", geo.continent),
          tag("CountryCode", geo.country),
          tag("SubdivisionCode", geo.subdivision),
        ]),
    tag("Failover", set.failover),
    tag("MultiValueAnswer", set.multiValue ? true : null),
    tag("TTL", set.ttl),
    set.values.length === 0
      ? ""
      : tag(
          "ResourceRecords",
          set.values.map((value) => tag("ResourceRecord", [tag("Value", value)])),
        ),
    alias === null
      ? ""
      : tag("AliasTarget", [
          tag("HostedZoneId", alias.zoneId),
          tag("DNSName", alias.name),
          tag("EvaluateTargetHealth", alias.evaluate),
        ]),
    tag("HealthCheckId", set.healthCheckId),
    near === null
      ? ""
      : tag("GeoProximityLocation", [
          tag("AWSRegion", near.region),
          near.latitude === null
            ? ""
            : tag("Coordinates", [tag("Latitude", near.latitude), tag("Longitude", near.longitude)]),
          tag("Bias", near.bias),
        ]),
  ]);
}

/** As Route 53 shows names: everything but letters, digits, `-` and `_` in octal, a wildcard too. */
export function normaliseName(name: string): string {
  const labels = name.toLowerCase().replace(/\.$/, "").split(".");
  const octal = (char: string) => `\\${char.charCodeAt(0).toString(8).padStart(3, "0")}`;
  const shown = labels.map((label) =>
    label.replace(/\\[0-3][0-7]{2}|[^a-z0-9_-]/g, (part) => (part.length === 4 ? plain(part) : octal(part))),
  );
  return `${shown.join(".")}.`;
}

function plain(escape: string): string {
  const char = String.fromCharCode(Number.parseInt(escape.slice(1), 8)).toLowerCase();
  return /[a-z0-9_-]/.test(char) ? char : escape;
}

export function keyOf(set: Pick<StoredSet, "name" | "type" | "setIdentifier">): string {
  return `${set.name}\t${set.type}\t${set.setIdentifier ?? ""}`;
}

/** Everything that a DELETE has to repeat; the order of values does not matter. */
export function isExactly(a: StoredSet, b: StoredSet): boolean {
  const text = (set: StoredSet) => JSON.stringify({ ...set, values: set.values.toSorted() });
  return text(a) === text(b);
}

/** Labels from the right, as Route 53 sorts: com.example.www; then type, then identifier. */
export function sortText(set: {
  readonly name: string;
  readonly type: string;
  readonly setIdentifier: string | null;
}): string {
  const labels = set.name.split(".").filter((label) => label !== "");
  return `${labels.toReversed().join("\u0001")}\u0000${set.type}\u0000${set.setIdentifier ?? ""}`;
}
