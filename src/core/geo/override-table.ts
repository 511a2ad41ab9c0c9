import { cidrTable, parseCidr } from "../address/cidr.ts";
import type { LocationOverride } from "../model.ts";
import type { OverrideTable } from "./client-location.ts";

/** Indexes a snapshot's overrides; malformed networks are left out (validation reports them). */
export function overrideTable(overrides: readonly LocationOverride[]): OverrideTable {
  return cidrTable(
    overrides.flatMap((override) => {
      const cidr = parseCidr(override.cidr);
      return cidr === null ? [] : [[cidr, override] as const];
    }),
  );
}
