/** What control knows of hosts at the edges' platforms: for `portolan status`, the zones, Ingresses and metrics. */
import type { DesiredSet } from "../dns/records.ts";
import { plainSet } from "../dns/records.ts";
import { txtValue } from "../dns/txt-text.ts";
import { compareText } from "../match-route.ts";
import type { Snapshot } from "../model.ts";
import type { Problem } from "../objects.ts";
import type { NeededRecord } from "./attached.ts";
import type { Move } from "./may-move.ts";

export interface HostStatus extends Omit<Move, "may" | "state"> {
  readonly host: string;
  readonly edge: string;
  /** Whether DNS may lead there. */
  readonly moves: Move["may"];
  /** `leaving`: attached by us and no longer wanted. */
  readonly state: Move["state"] | "leaving";
}

/** The records that the platforms wait for, as sets of our zones; hosts of others' zones need a person. */
export function proofSets(statuses: readonly HostStatus[], ttlSeconds: number): readonly DesiredSet[] {
  const needs = statuses.flatMap(({ host, edge, needs: records }) => records.map((record) => ({ host, edge, record })));
  const byName = Map.groupBy(needs, ({ record }) => `${record.type} ${record.name}`);
  return [...byName].flatMap(([, group]): readonly DesiredSet[] => {
    const [first] = group;
    if (first === undefined) return [];
    const { type, name } = first.record;
    const values = [...new Set(group.map(({ record }) => valueOf(record)))].sort(compareText);
    const set = plainSet(name, type, values, ttlSeconds);
    return [{ set, resource: `${PROOF}/${first.edge}/${first.host}`, visibility: "public" }];
  });
}

/** Kind of the resources that such a set is for: it goes as soon as nobody waits for it. */
export const PROOF = "proof";

function valueOf({ type, value }: NeededRecord): string {
  return type === "TXT" ? txtValue(value) : value;
}

/** What a host waits for before any edge answers for it; null when one does. */
export type WaitsFor = (host: string) => string | null;

/** One warning for each Ingress whose host waits: it becomes an Event there. */
export function hostProblems(waitsFor: WaitsFor, { hosts }: Snapshot): readonly Problem[] {
  return hosts.flatMap(({ host, sources }) => {
    const why = waitsFor(host);
    if (why === null) return [];
    return sources
      .filter(({ kind }) => kind === "Ingress")
      .map(
        ({ cluster, namespace, name }): Problem => ({
          severity: "warning",
          reason: "HostWaits",
          cluster,
          object: `Ingress ${namespace}/${name}`,
          field: "spec.rules",
          message: `DNS of "${host}" waits for ${why}`,
          position: null,
        }),
      );
  });
}

/** Prometheus text: how many hosts of each edge are in which state. */
export function hostMetrics(statuses: readonly HostStatus[]): string {
  if (statuses.length === 0) return "";
  const counts = Map.groupBy(statuses, ({ edge, state }) => `edge="${edge}",state="${state}"`);
  return [
    "# HELP portolan_hosts Hosts at the edges' platforms, by how far they are.",
    "# TYPE portolan_hosts gauge",
    ...[...counts].map(([labels, all]) => `portolan_hosts{${labels}} ${all.length}`),
    "",
  ].join("\n");
}
