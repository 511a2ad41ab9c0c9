/**
 * Geolocation: the client's place chooses clusters, the most specific rule first. What it names comes first, then what
 * the next less specific rule names, and so on to the default; clusters that no matching rule names come last, because
 * a place is a preference: only residency is a gate.
 *
 * Order: longest network > subdivision > country > group (smallest first, then by name) > continent > `*`.
 */
import { type Cidr, type CidrTable, cidrTable } from "../address/cidr.ts";
import { parseAddress } from "../address/ip.ts";
import { parsePlace } from "../geo/place.ts";
import type { Client } from "../decision.ts";
import type { GeoRule, PlaceGroup } from "./policy.ts";

/** A place that some rule names, with the clusters it prefers by cluster index. */
export interface GeoPreference {
  readonly place: string;
  readonly clusters: readonly boolean[];
}

export interface GeolocationIndex {
  readonly networks: CidrTable<GeoPreference> | null;
  /** Subdivisions, countries and continents by their spelling, and `*`. */
  readonly places: ReadonlyMap<string, GeoPreference>;
  /** Smallest first. */
  readonly groups: readonly { readonly places: ReadonlySet<string>; readonly preference: GeoPreference }[];
}

/** Indexes the rules; of two rules for the same place the first counts. */
export function indexGeolocation(
  rules: readonly GeoRule[],
  groups: readonly PlaceGroup[],
  names: readonly string[],
): GeolocationIndex {
  const places = new Map<string, GeoPreference>();
  const networks: [Cidr, GeoPreference][] = [];
  for (const rule of rules) {
    const clusters = names.map((name) => rule.clusters.includes(name));
    for (const text of rule.from) {
      const place = parsePlace(text);
      const preference = { place: text, clusters };
      if (place?.kind === "network") networks.push([place.cidr, preference]);
      else if (place !== null && !places.has(text)) places.set(text, preference);
    }
  }
  const bySize = groups
    .flatMap((group) => {
      const preference = places.get(group.name);
      return preference === undefined ? [] : [{ places: new Set(group.places), preference }];
    })
    .sort((a, b) => a.places.size - b.places.size || (a.preference.place < b.preference.place ? -1 : 1));
  return { networks: networks.length === 0 ? null : cidrTable(networks), places, groups: bySize };
}

/** Preferences that match the client, the most specific first. */
export function preferencesFor(index: GeolocationIndex, client: Client): readonly GeoPreference[] {
  const { country, subdivision, continent } = client.location;
  const found: GeoPreference[] = [];
  const add = (preference: GeoPreference | undefined): void => {
    if (preference !== undefined) found.push(preference);
  };
  if (index.networks !== null && client.address !== null) {
    const address = parseAddress(client.address);
    if (address !== null) add(index.networks.longest(address)?.value);
  }
  if (subdivision !== null) add(index.places.get(subdivision));
  if (country !== null) add(index.places.get(country));
  for (const { places, preference } of index.groups) {
    if ((country !== null && places.has(country)) || (subdivision !== null && places.has(subdivision))) add(preference);
  }
  if (continent !== null) add(index.places.get(`continent:${continent}`));
  add(index.places.get("*"));
  return found;
}

/** Tier of a cluster: the place in the list of the first preference that names it. */
export function geolocationTier(preferences: readonly GeoPreference[], cluster: number): number {
  for (let tier = 0; tier < preferences.length; tier += 1) {
    if (preferences[tier]?.clusters[cluster] === true) return tier;
  }
  return preferences.length;
}
