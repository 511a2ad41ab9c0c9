/** What control knows of a zone, for `portolan status`, the metrics and the commands. */
import type { DnsConflict, DnsPlan, Zone } from "./records.ts";

export interface ZoneStatus {
  readonly zone: string;
  readonly visibility: Zone["visibility"];
  readonly provider: string;
  /**
   * `in-step`: nothing is left to do. `pending`: something was done or begun, and the next look tells. `held`: waits
   * for a person. `busy`: another writer is at it. `failing`: something was refused, or the zone cannot be read.
   */
  readonly state: "in-step" | "pending" | "held" | "busy" | "failing";
  /** Why, where that needs saying; null otherwise. */
  readonly cause: string | null;
  /** When the zone was last read; null: never. */
  readonly readAtMs: number | null;
  readonly changedAtMs: number | null;
  /** Record sets that the zone shall hold by us. */
  readonly wanted: number;
  readonly conflicts: readonly Pick<DnsConflict, "name" | "type" | "code" | "owner" | "message">[];
  readonly held: readonly { readonly name: string; readonly message: string }[];
  /** SHA-256 that lets `held` pass: `portolan approve HASH`. */
  readonly approval: string | null;
}

/** Counters of one zone since control started. */
export interface ZoneCounts {
  applied: number;
  overtaken: number;
  refused: number;
  failed: number;
}

/** Conflicts and held changes of a plan, as people are told. */
export function tellPlan(plan: DnsPlan): Pick<ZoneStatus, "conflicts" | "held"> {
  return {
    conflicts: plan.conflicts.map(({ name, type, code, owner, message }) => ({ name, type, code, owner, message })),
    held: plan.held.map(({ change, message }) => ({ name: change.name, message })),
  };
}

/** Prometheus text of all zones. */
export function zoneMetrics(zones: readonly { readonly status: ZoneStatus; readonly counts: ZoneCounts }[]): string {
  if (zones.length === 0) return "";
  const label = ({ zone, visibility }: ZoneStatus): string => `zone="${zone}",visibility="${visibility}"`;
  const gauge = (name: string, help: string, value: (one: ZoneStatus) => number): string[] => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} gauge`,
    ...zones.map(({ status }) => `${name}{${label(status)}} ${value(status)}`),
  ];
  const outcomes = ["applied", "overtaken", "refused", "failed"] as const;
  return [
    ...gauge("portolan_dns_in_step", "1 while the zone holds what it should.", (one) =>
      Number(one.state === "in-step"),
    ),
    ...gauge("portolan_dns_wanted_record_sets", "Record sets that the zone shall hold.", (one) => one.wanted),
    ...gauge("portolan_dns_conflicts", "Record sets that others stand in the way of.", (one) => one.conflicts.length),
    ...gauge("portolan_dns_held_changes", "Changes that wait for a person.", (one) => one.held.length),
    ...gauge("portolan_dns_read_seconds", "When the zone was last read.", (one) => (one.readAtMs ?? 0) / 1000),
    "# HELP portolan_dns_changes_total Changes sent to the provider, by what became of them.",
    "# TYPE portolan_dns_changes_total counter",
    ...zones.flatMap(({ status, counts }) =>
      outcomes.map((outcome) => `portolan_dns_changes_total{${label(status)},outcome="${outcome}"} ${counts[outcome]}`),
    ),
    "",
  ].join("\n");
}
