import { parseArgs } from "node:util";
import { hostOption, type StatusReport } from "../../core/status.ts";
import { callAdmin, DEFAULT_ADMIN } from "../admin-client.ts";
import { outputIsJson } from "../arguments.ts";
import type { Command } from "../command.ts";
import { dnsStatusText, hostsText } from "../dns-text.ts";
import { problemText } from "../problem-text.ts";
import { age, table } from "../table.ts";

/** `portolan status`: clusters with API and data health apart, backends, edges, and what needs a person. */
export const statusCommand: Command = {
  summary: "clusters, backends, edges, and what needs attention",
  usage: "portolan status [--admin URL] [-o text|json]",
  async run(args, deps) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        admin: { type: "string", default: DEFAULT_ADMIN },
        output: { type: "string", short: "o", default: "text" },
      },
    });
    const asJson = outputIsJson(values.output);
    const report = await callAdmin<StatusReport>(values.admin, "/status", "GET");
    deps.out(asJson ? `${JSON.stringify(report, null, 2)}\n` : `${statusText(report)}\n`);
    return 0;
  },
};

function statusText(report: StatusReport): string {
  const { snapshot, nowMs } = report;
  const parts = [
    snapshot === null
      ? "No snapshot is published"
      : `Snapshot ${snapshot.epoch}.${snapshot.generation}, ${snapshot.hosts} host${snapshot.hosts === 1 ? "" : "s"}, published ${age(nowMs - snapshot.publishedAtMs)} ago`,
    table(
      ["CLUSTER", "LOCALITY", "WEIGHT", "API", "DATA", "CAUSE"],
      report.clusters.map((one) => {
        const api =
          one.apiSinceMs === null || one.api === "reachable" ? one.api : `${one.api} ${age(nowMs - one.apiSinceMs)}`;
        const cause = [one.apiCause, one.dataCause].filter((text) => text !== null).join("; ");
        return [one.cluster, one.locality, String(one.weight), api, one.data, cause];
      }),
    ),
    table(
      ["BACKEND", "CLUSTER", "READY"],
      report.backends.map((one) => [one.service, one.cluster, `${one.ready}/${one.total}`]),
    ),
    table(
      ["EDGE", "PLACE", "SNAPSHOT", "AGE", "REPORTED", "REQUESTS"],
      report.edges.map((one) => [
        one.edge,
        one.place,
        `${one.epoch}.${one.generation}`,
        age(one.ageMs),
        `${age(one.silentMs)} ago`,
        String(one.requests),
      ]),
    ),
  ];
  if (report.rollback !== null) {
    const { epoch, generation, sinceMs } = report.rollback;
    parts.push(`Rolled back to ${epoch}.${generation} for ${age(nowMs - sinceMs)}, until: portolan rollback end`);
  }
  for (const { cluster, host, sinceMs, deadlineMs } of report.drains) {
    const pins =
      deadlineMs === null || deadlineMs <= nowMs ? "" : `, pinned clients for ${age(deadlineMs - nowMs)} more`;
    const of = host === null ? cluster : `${cluster}, ${host} alone,`;
    parts.push(
      `Drained: ${of} for ${age(nowMs - sinceMs)}${pins}, until: portolan drain ${cluster}${hostOption(host)} --end`,
    );
  }
  if (report.withheld.length > 0) {
    const hosts = report.withheld.map((one) => `  ${one.host}: ${one.reason}`);
    parts.push(`Withheld, until: portolan approve ${report.approval ?? "HASH"}\n${hosts.join("\n")}`);
  }
  if (report.dns.length > 0) parts.push(dnsStatusText(report.dns, nowMs));
  if (report.hosts.length > 0) parts.push(hostsText(report.hosts));
  if (report.problems.length > 0) parts.push(report.problems.map(problemText).join("\n"));
  return parts.join("\n\n");
}
