/** The groups that a policy's rules name, written out: built-in ones and those that the policy defines. */
import { BUILT_IN_GROUPS } from "../geo/groups.ts";
import { parsePlace } from "../geo/place.ts";
import { compareText } from "../match-route.ts";
import type { PlaceGroup } from "../steering/policy.ts";
import type { SteeringSettings } from "../steering/settings.ts";

export interface Groups {
  /** Sorted by name, each with its places sorted. */
  readonly groups: readonly PlaceGroup[];
  /** Named by a rule and defined by nobody. */
  readonly unknown: readonly string[];
}

/** Groups of the rules of these settings; own definitions come before built-in ones and may be made of them. */
export function groupsOf(settings: SteeringSettings): Groups {
  const own = new Map(settings.groups.map((group) => [group.name, group.places]));
  const named = new Set<string>();
  const { method, residency } = settings;
  const from = [
    ...(method?.type === "geolocation" ? method.rules.flatMap((rule) => rule.from) : []),
    ...(residency?.rules.flatMap((rule) => rule.from) ?? []),
  ];
  for (const text of from) if (parsePlace(text)?.kind === "group") named.add(text);
  const groups: PlaceGroup[] = [];
  const unknown: string[] = [];
  for (const name of [...named].sort(compareText)) {
    const places = expand(name, own, new Set());
    if (places === null) unknown.push(name);
    else groups.push({ name, places: [...new Set(places)].sort(compareText) });
  }
  return { groups, unknown };
}

/** `above` holds the groups that are being expanded: one inside itself adds nothing. */
function expand(
  name: string,
  own: ReadonlyMap<string, readonly string[]>,
  above: ReadonlySet<string>,
): string[] | null {
  const defined = above.has(name) ? undefined : own.get(name);
  const places = defined ?? BUILT_IN_GROUPS.get(name)?.places;
  if (places === undefined) return above.has(name) ? [] : null;
  const inside = new Set(above).add(name);
  return places.flatMap((text) => {
    if (parsePlace(text)?.kind !== "group") return [text];
    return expand(text, own, inside) ?? [];
  });
}
