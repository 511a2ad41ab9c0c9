/**
 * Named groups of countries that rules may use, with the version that people can check them against. Sources lack
 * `is_in_european_union` too often to rely on it (reference/geo.md §6), so the lists are ours.
 */

export interface BuiltInGroup {
  readonly name: string;
  /** Date of the last change of membership. */
  readonly version: string;
  readonly places: readonly string[];
}

/** The union since 2020-02-01, and the parts of it that have ISO codes of their own. */
const EU =
  "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE AX GF GP MF MQ RE YT".split(" ");

/** Built-in groups by name. A TrafficPolicy may define further ones from these, or replace one. */
export const BUILT_IN_GROUPS: ReadonlyMap<string, BuiltInGroup> = new Map(
  [
    { name: "eu", version: "2020-02-01", places: EU },
    { name: "eea", version: "2020-02-01", places: [...EU, "IS", "LI", "NO"] },
    { name: "efta", version: "1995-01-01", places: ["CH", "IS", "LI", "NO"] },
    {
      name: "schengen",
      version: "2025-01-01",
      places: "AT BE BG CH CZ DE DK EE ES FI FR GR HR HU IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK AX".split(" "),
    },
  ].map((group) => [group.name, { ...group, places: group.places.toSorted() }]),
);
