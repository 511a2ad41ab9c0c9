/** What the planner is told, and what it finds at one name. */
import type { DnsPolicy } from "./compat-plan.ts";
import type { DomainFilter } from "./domain-filter.ts";
import type { DesiredSet, DnsCapabilities, RecordSet, Zone } from "./records.ts";
import type { Ownership } from "./registry.ts";
import type { RegistryFormat } from "./txt-registry.ts";

export interface PlanInput {
  readonly zone: Zone;
  readonly capabilities: DnsCapabilities;
  /** Our owner id. */
  readonly owner: string;
  /** Everything that the zone holds, completely listed. */
  readonly current: readonly RecordSet[];
  /** What is wanted in this zone; sets of other zones or visibilities are left out by the caller. */
  readonly desired: readonly DesiredSet[];
  /** Names about which nothing is known at the moment: whatever is there stays. Unreachable is not empty. */
  readonly keep: ReadonlySet<string>;
  readonly policy: DnsPolicy;
  readonly filter: DomainFilter;
  /** Names whose unowned records a person told us to take over (`portolan dns adopt`). */
  readonly adopt: ReadonlySet<string>;
  /** Whether a removal is explained: the object's deletion was observed, its cluster unjoined, or it no longer asks. */
  readonly isExplained: (resource: string, name: string) => boolean;
  /** Whether a person approved exactly this `DnsPlan.removal`. */
  readonly isApproved: (removal: string) => boolean;
  readonly nowSeconds: number;
  /** Where another tool's ownership TXTs are looked for, to name the owner in a conflict. */
  readonly otherRegistry: RegistryFormat;
}

/** What a zone says about one name. */
export interface NameState {
  readonly name: string;
  /** By `recordKey`. */
  readonly sets: ReadonlyMap<string, RecordSet>;
  /** The ownership TXT as it stands. */
  readonly registry: RecordSet | null;
  readonly ownership: Ownership;
  /** Owner according to another tool's registry, for people. */
  readonly otherOwner: string | null;
}
