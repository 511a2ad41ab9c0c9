/**
 * Residency: which clusters may serve a client at all. Decided before distance and before health, so that it holds in a
 * panic; a client whose place is unknown or hidden (VPN, Tor) proves nothing (DESIGN.md rule 10).
 */
import { parseAddress } from "../address/ip.ts";
import { type Cidr, cidrContains } from "../address/cidr.ts";
import { NO_LOCATION } from "../geo/client-location.ts";
import { isIn, parsePlace } from "../geo/place.ts";
import type { Client, ClientLocation } from "../decision.ts";
import type { Cluster } from "../model.ts";
import type { PlaceGroup, Residency } from "./policy.ts";

interface RuleIndex {
  readonly text: string;
  readonly everybody: boolean;
  readonly places: ReadonlySet<string>;
  readonly continents: ReadonlySet<string>;
  readonly networks: readonly Cidr[];
  /** By cluster index. */
  readonly allowed: readonly boolean[];
}

export interface ResidencyIndex {
  readonly residency: Residency;
  readonly rules: readonly RuleIndex[];
  /** Where a client of unknown place counts as being; null for `strictest` and `allow`. */
  readonly assumed: ClientLocation | null;
}

/** Indexes the rules by cluster. */
export function indexResidency(
  residency: Residency,
  groups: readonly PlaceGroup[],
  clusters: readonly Cluster[],
): ResidencyIndex {
  const byName = new Map(groups.map((group) => [group.name, group.places]));
  const rules = residency.rules.map((rule): RuleIndex => {
    const places = new Set<string>();
    const continents = new Set<string>();
    const networks: Cidr[] = [];
    let everybody = rule.from.length === 0;
    for (const text of rule.from) {
      const place = parsePlace(text);
      const members = place?.kind === "group" ? byName.get(text) : [];
      // A rule that cannot be read must not become a rule for nobody.
      if (place === null || place.kind === "everybody" || members === undefined) everybody = true;
      else if (place.kind === "network") networks.push(place.cidr);
      else if (place.kind === "continent") continents.add(text.slice(10));
      else if (place.kind === "group") for (const member of members) places.add(member);
      else places.add(text);
    }
    return {
      text: `${rule.from.length === 0 ? "everybody" : rule.from.join(", ")} within ${rule.within.join(", ")}`,
      everybody,
      places,
      continents,
      networks,
      allowed: clusters.map((cluster) => rule.within.some((group) => cluster.residency.includes(group))),
    };
  });
  return { residency, rules, assumed: assumedLocation(residency.unknownAs) };
}

function assumedLocation(unknownAs: string): ClientLocation | null {
  const place = parsePlace(unknownAs);
  if (place?.kind === "country") return { ...NO_LOCATION, country: unknownAs };
  if (place?.kind === "subdivision") {
    return { ...NO_LOCATION, country: unknownAs.slice(0, 2), subdivision: unknownAs };
  }
  return null;
}

/** Which clusters are left, by cluster index, and the rules that say so. */
export interface ResidencyVerdict {
  readonly allowed: readonly boolean[];
  readonly rules: readonly string[];
  /** Whether the client's place was not proven and a stricter reading was taken. */
  readonly unproven: boolean;
}

/** Null when no rule is about this client. */
export function judgeResidency(index: ResidencyIndex, client: Client): ResidencyVerdict | null {
  let allowed: readonly boolean[] | null = null;
  const texts: string[] = [];
  let unproven = false;
  for (const rule of index.rules) {
    const membership = membershipOf(rule, client);
    if (membership === "no") continue;
    if (membership === "unknown") {
      if (index.residency.unknownAs === "allow") continue;
      if (index.assumed !== null && !rule.everybody && isIn(rule.places, index.assumed) === "no") continue;
      unproven = true;
    }
    texts.push(rule.text);
    const own = rule.allowed;
    allowed = allowed === null ? own : allowed.map((yes, cluster) => yes && own[cluster] === true);
  }
  return allowed === null ? null : { allowed, rules: texts, unproven };
}

function membershipOf(rule: RuleIndex, client: Client): "yes" | "no" | "unknown" {
  if (rule.everybody) return "yes";
  if (rule.networks.length > 0 && client.address !== null) {
    const address = parseAddress(client.address);
    if (address !== null && rule.networks.some((network) => cidrContains(network, address))) return "yes";
  }
  const { location } = client;
  const byPlace = rule.places.size === 0 ? "no" : isIn(rule.places, location);
  const byContinent = rule.continents.size === 0 ? "no" : onContinent(rule.continents, location);
  if (byPlace === "yes" || byContinent === "yes") return "yes";
  return byPlace === "unknown" || byContinent === "unknown" ? "unknown" : "no";
}

function onContinent(continents: ReadonlySet<string>, location: ClientLocation): "yes" | "no" | "unknown" {
  if (location.continent === null || location.anonymous) return "unknown";
  return continents.has(location.continent) ? "yes" : "no";
}
