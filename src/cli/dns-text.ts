/** `portolan dns` and the zones of `portolan status`, for people. */
import type { DnsChange, RecordSet } from "../core/dns/records.ts";
import { subjectOfRegistry } from "../core/dns/registry.ts";
import type { HostStatus } from "../core/hosts/host-status.ts";
import type { ZoneStatus } from "../core/dns/zone-status.ts";
import type { AppliedZoneReport, ListedZoneReport, PlannedZoneReport, WhoReport } from "./dns-session.ts";
import { age, table } from "./table.ts";

const SIGN = { create: "+", replace: "~", upsert: "~", delete: "-" } as const;

/** Zones of a running control function. */
export function dnsStatusText(zones: readonly ZoneStatus[], nowMs: number): string {
  const rows = zones.map((one) => [
    one.zone,
    one.provider,
    one.state,
    String(one.wanted),
    String(one.conflicts.length),
    one.readAtMs === null ? "never" : `${age(nowMs - one.readAtMs)} ago`,
    one.cause ?? "",
  ]);
  const held = zones.flatMap((one) =>
    one.held.length === 0
      ? []
      : [
          `Held in ${one.zone}, until: portolan approve ${one.approval ?? "HASH"}\n${one.held.map(({ message }) => `  ${message}`).join("\n")}`,
        ],
  );
  const conflicts = zones.flatMap((one) => one.conflicts.map(({ message }) => message));
  return [
    table(["ZONE", "PROVIDER", "STATE", "SETS", "CONFLICTS", "READ", "CAUSE"], rows),
    ...held,
    ...(conflicts.length === 0 ? [] : [conflicts.join("\n")]),
  ].join("\n\n");
}

/** Hosts at edges that have to take them first: those that wait, and how many do not. */
export function hostsText(hosts: readonly HostStatus[]): string {
  const waiting = hosts.filter(({ waitsFor }) => waitsFor !== null);
  const rows = waiting.map(({ host, edge, state, waitsFor }) => [host, edge, state, waitsFor ?? ""]);
  const ready = hosts.length - waiting.length;
  const rest = `${ready} of ${hosts.length} hosts are ready at their edges`;
  return rows.length === 0 ? rest : `${table(["HOST", "EDGE", "STATE", "WAITS FOR"], rows)}\n${rest}`;
}

export function planText(reports: readonly PlannedZoneReport[]): string {
  const zones = reports.map((report) => {
    const { plan } = report;
    if (plan === null) return `${head(report)}\n  ${report.error ?? ""}`;
    const total = `${plan.changes.length} changes, ${plan.held.length} held, ${plan.conflicts.length} conflicts`;
    return [`${head(report)}: ${total}`, ...plan.changes.map((one) => changeText(one, null)), ...rest(report)].join(
      "\n",
    );
  });
  return `${[...zones, ...lossesOf(reports)].join("\n\n")}\n`;
}

export function applyText(reports: readonly AppliedZoneReport[]): string {
  const zones = reports.map((report) => {
    const { plan, outcomes, status, by } = report;
    if (plan === null) return `${head(report)}\n  ${report.error ?? ""}`;
    const applied = outcomes.filter((one) => one.status === "applied").length;
    const lines = plan.changes.map((one, index) =>
      changeText(one, outcomes[index] ?? { status: "not sent", message: null }),
    );
    const stopped = status === "done" ? "" : `, "${by ?? "another writer"}" is at it`;
    return [`${head(report)}: ${applied} of ${plan.changes.length} applied${stopped}`, ...lines, ...rest(report)].join(
      "\n",
    );
  });
  return `${[...zones, ...lossesOf(reports)].join("\n\n")}\n`;
}

export function listText(reports: readonly ListedZoneReport[]): string {
  const zones = reports.map((report) => {
    if (report.error !== null) return `${head(report)}\n  ${report.error}`;
    const rows = report.sets
      .filter(({ set }) => subjectOfRegistry(set.name) === null)
      .map(({ set, owners }) => [set.name, set.type, ttl(set), valuesText(set), owners.join(", ") || "nobody"]);
    return `${head(report)}\n${table(["NAME", "TYPE", "TTL", "VALUES", "OWNER"], rows)}`;
  });
  return `${zones.join("\n\n")}\n`;
}

export function whoText(reports: readonly WhoReport[], nowMs: number): string {
  const blocks = reports.map((zone) => {
    const { report, history } = zone;
    if (report === null) return `${head(zone)}\n  ${zone.error ?? ""}`;
    const holds = report.sets.map((set) => `  holds    ${set.type} ${valuesText(set)}, TTL ${ttl(set)}`);
    const claims = report.claims.map(({ owner, registry, sinceSeconds, resources, type, values }) => {
      const since = sinceSeconds === null ? "" : ` for ${age(Math.max(0, nowMs - sinceSeconds * 1000))}`;
      const what = values.length === 0 ? type : `${type} ${values.join(" ")}`;
      return `  owner    ${owner} (${registry})${since}, by ${resources.join(", ") || "nobody knows what"}: ${what}`;
    });
    const wanted = report.wanted.map(
      ({ resource, set, stands }) =>
        `  wanted   ${set.type} ${valuesText(set)} by ${resource}${stands ? "" : ", which does not stand there"}`,
    );
    const past = history.map(
      (one) => `  ${new Date(one.atMs).toISOString()}  ${one.action} ${one.status} by ${one.writer}: ${one.reason}`,
    );
    return [
      `${report.name} in ${head(zone)}`,
      ...(holds.length === 0 ? ["  holds    nothing"] : holds),
      ...(claims.length === 0 ? ["  owner    nobody: Portolan leaves it alone"] : claims),
      ...wanted,
      ...past,
    ].join("\n");
  });
  return `${blocks.join("\n\n")}\n`;
}

function head({ zone, visibility, provider }: PlannedZoneReport | ListedZoneReport | WhoReport): string {
  return `${zone}${visibility === "private" ? " (private)" : ""} at ${provider}`;
}

function rest({ plan, approval }: PlannedZoneReport): readonly string[] {
  if (plan === null) return [];
  const held = plan.held.map(({ message }) => `  held: ${message}`);
  const how = approval === null ? [] : [`  until: portolan dns apply … --approve ${approval}`];
  return [...held, ...how, ...plan.conflicts.map(({ message }) => `  conflict: ${message}`)];
}

function lossesOf(reports: readonly PlannedZoneReport[]): readonly string[] {
  const losses = new Set(reports.flatMap((one) => one.losses));
  return losses.size === 0 ? [] : [[...losses].map((one) => `lost: ${one}`).join("\n")];
}

function changeText(change: DnsChange, outcome: AppliedZoneReport["outcomes"][number] | null): string {
  const shown = (sets: readonly RecordSet[]): string =>
    sets
      .filter((set) => subjectOfRegistry(set.name) === null && set.name === change.name)
      .map((set) => `${set.type} ${valuesText(set)}`)
      .join(", ");
  const [before, after] = [shown(change.before), shown(change.after)];
  const what = change.action === "replace" && before !== after ? `${before} → ${after}` : after === "" ? before : after;
  const became = outcome === null ? "" : `  ${outcome.status}${outcome.message === null ? "" : `: ${outcome.message}`}`;
  return `  ${SIGN[change.action]} ${change.name}  ${what}  (${change.reason})${became}`;
}

function valuesText(set: RecordSet): string {
  const text = set.alias === null ? set.values.slice(0, 4).join(" ") : `alias ${set.alias.name}`;
  const more = set.values.length > 4 ? ` and ${set.values.length - 4} more` : "";
  const policy =
    set.policy === null ? "" : ` [${set.policy.type}${set.setIdentifier === null ? "" : ` ${set.setIdentifier}`}]`;
  return `${text}${more}${policy}`;
}

function ttl(set: RecordSet): string {
  return set.ttlSeconds === null ? "none" : `${set.ttlSeconds} s`;
}
