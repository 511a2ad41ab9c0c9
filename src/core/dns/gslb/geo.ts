/**
 * k8gb's answers by place: targets whose database record says the same as the client's. Equality of a country or a
 * city is not distance; `nearest` of our own steering is.
 */

/** Names of nested fields of a database record, from the outside in: `["country", "iso_code"]`. */
export type FieldPath = readonly string[];

export interface GeoQuestion {
  /** Address of the EDNS client subnet, otherwise the one that asked. */
  readonly client: string;
  readonly targets: readonly string[];
  readonly paths: readonly FieldPath[];
  /** Record of an address; null for a database that is not there, undefined for an address it does not know. */
  readonly recordOf: ((address: string) => unknown) | null;
}

/** Targets that agree with the client in the first field in which any does; none when no field helps. */
export function geoMatches({ client, targets, paths, recordOf }: GeoQuestion): readonly string[] {
  if (recordOf === null) return [];
  const place = recordOf(client);
  for (const path of paths) {
    const wanted = valueAt(place, path);
    if (wanted === null) continue;
    const equal = targets.filter((target) => valueAt(recordOf(target), path) === wanted);
    if (equal.length > 0) return equal;
  }
  return [];
}

/** What the client is answered: the targets that match it, or all of them. */
export function geoTargets(question: GeoQuestion): readonly string[] {
  const matches = geoMatches(question);
  return matches.length > 0 ? matches : question.targets;
}

/** A text, number or truth value at a path; null when there is none. */
function valueAt(record: unknown, path: FieldPath): string | number | boolean | null {
  let at = record;
  for (const name of path) {
    if (typeof at !== "object" || at === null) return null;
    at = Object.entries(at).find(([key]) => key === name)?.[1];
  }
  if (path.length === 0 || at === "") return null;
  return typeof at === "string" || typeof at === "number" || typeof at === "boolean" ? at : null;
}
