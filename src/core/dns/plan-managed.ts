/** The plan of one zone in the mode that its settings ask for; rule 4 of DESIGN.md holds in both. */
import { ownedRecords } from "./compat-registry.ts";
import { planCompatZone } from "./compat-zone.ts";
import type { DesiredZone } from "./desired.ts";
import { endpointOf, recordSetOf } from "./endpoint-set.ts";
import { holdRemovals } from "./hold.ts";
import { makeBeforeBreak } from "./order.ts";
import type { PlanInput } from "./plan-input.ts";
import { planZone } from "./plan.ts";
import type { DnsCapabilities, DnsPlan, RecordSet, Zone } from "./records.ts";
import type { Contribution } from "./registry.ts";
import type { ZoneSettings } from "./settings.ts";

export interface ManagedPlanInput {
  readonly settings: ZoneSettings;
  readonly zone: Zone;
  readonly capabilities: DnsCapabilities;
  readonly current: readonly RecordSet[];
  readonly desired: Pick<DesiredZone, "sets" | "keep">;
  readonly ttlSeconds: number;
  readonly adopt: ReadonlySet<string>;
  readonly isExplained: PlanInput["isExplained"];
  readonly isApproved: PlanInput["isApproved"];
  readonly nowSeconds: number;
}

/** Plans one zone. Pure; what mode `compat` cannot say (conflicts) it does not say. */
export function planManagedZone(input: ManagedPlanInput): DnsPlan {
  const { settings, zone, capabilities, current, adopt, isExplained, isApproved, nowSeconds } = input;
  const common: PlanInput = {
    zone,
    capabilities,
    owner: settings.owner,
    current,
    desired: input.desired.sets,
    keep: new Set(input.desired.keep),
    policy: settings.policy,
    filter: settings.filter,
    adopt,
    isExplained,
    isApproved,
    nowSeconds,
    otherRegistry: settings.registry,
  };
  return settings.mode === "native" ? planZone(common) : compatible(input, common);
}

function compatible({ settings, ttlSeconds }: ManagedPlanInput, input: PlanInput): DnsPlan {
  const registry = registryOf(settings);
  const { zone, current, desired, policy, filter } = input;
  const plan = planCompatZone({ zone, current, desired, registry, policy, filter, ttlSeconds });
  // external-dns knows no "unknown": what a kept name holds would be deleted for want of a wish.
  const changes = plan.changes.filter((change) => !input.keep.has(change.name));
  const { passed, held, removal } = holdRemovals(input, changes, ownedInCompat(settings, current, ttlSeconds));
  return { ...plan, changes: makeBeforeBreak(passed), held, removal };
}

/** What we own in a zone whose ownership external-dns' registry keeps. */
export function ownedInCompat(
  settings: ZoneSettings,
  current: readonly RecordSet[],
  ttlSeconds: number,
): readonly Contribution[] {
  const { records } = ownedRecords(registryOf(settings), current.map(endpointOf));
  return records.flatMap((endpoint): readonly Contribution[] => {
    const { owner, resource } = endpoint.labels;
    const set = owner === settings.owner ? recordSetOf(endpoint, ttlSeconds) : null;
    if (set === null || owner === undefined) return [];
    return [{ owner, resources: [resource ?? ""], sinceSeconds: 0, set }];
  });
}

function registryOf({ registry, owner }: ZoneSettings) {
  const { managedTypes, excludedTypes, oldOwner, ...format } = registry;
  return { format, ownerId: owner, oldOwnerId: oldOwner, managedTypes, excludedTypes };
}
