import { parseArgs } from "node:util";
import type { StatusReport } from "../../core/status.ts";
import { callAdmin } from "../admin-client.ts";
import type { Command } from "../command.ts";
import type { Check } from "../kube-commands.ts";
import { problemText } from "../problem-text.ts";
import { age } from "../table.ts";

const SILENT_MS = 15_000;

/** `portolan doctor`: what is wrong, one numbered line each, with the next command. */
export const doctorCommand: Command = {
  summary: "check everything from portolan.yaml to the edges, with the next command for each failure",
  usage: `portolan doctor [--config portolan.yaml] [--admin URL] [-o text|json]

Reads portolan.yaml and its manifests, asks each cluster with control's own credentials, and control itself. Changes
nothing. Exit code 1 when a check fails.`,
  async run(args, deps) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        config: { type: "string", default: "portolan.yaml" },
        admin: { type: "string" },
        output: { type: "string", short: "o", default: "text" },
      },
    });
    const { checks: local, admin } = await deps.kube.examine(values.config);
    const checks = [...local, ...(await controlChecks(values.admin ?? admin))];
    if (values.output === "json") deps.out(`${JSON.stringify(checks, null, 2)}\n`);
    else for (const [index, check] of checks.entries()) deps.out(checkText(index + 1, check));
    const failed = checks.filter(({ result }) => result === "fail").length;
    const warned = checks.filter(({ result }) => result === "warn").length;
    if (values.output !== "json") deps.out(`${checks.length} checks: ${failed} failed, ${warned} to look at\n`);
    return failed > 0 ? 1 : 0;
  },
};

function checkText(number: number, { what, result, found, next, attachment }: Check): string {
  const mark = { ok: "[ok]  ", warn: "[warn]", fail: "[fail]" }[result];
  const lines = [`${String(number).padStart(2)} ${mark} ${what.padEnd(24)} ${found}`];
  if (next !== "") lines.push(`          next: ${next}`);
  if (attachment !== "")
    lines.push(
      ...attachment
        .trimEnd()
        .split("\n")
        .map((line) => `          | ${line}`),
    );
  return `${lines.join("\n")}\n`;
}

/** What control and the edges say of themselves. */
async function controlChecks(admin: string | null): Promise<readonly Check[]> {
  const check = (what: string, result: Check["result"], found: string, next = ""): Check => ({
    what,
    result,
    found,
    next,
    attachment: "",
  });
  if (admin === null) {
    return [
      check(
        "control",
        "warn",
        "portolan.yaml has no spec.admin to ask it at",
        "admin: 127.0.0.1:7180 in portolan.yaml",
      ),
    ];
  }
  let report: StatusReport;
  try {
    report = await callAdmin<StatusReport>(admin, "/status", "GET");
  } catch (cause) {
    return [
      check(
        "control",
        "fail",
        cause instanceof Error ? cause.message : String(cause),
        "portolan control --config portolan.yaml",
      ),
    ];
  }
  const { snapshot, clusters, edges, withheld, problems, drains, rollback } = report;
  const errors = problems.filter(({ severity }) => severity === "error");
  const served =
    snapshot === null
      ? "nothing is published"
      : `snapshot ${snapshot.epoch}.${snapshot.generation}, ${snapshot.hosts} hosts`;
  const late = edges.filter(
    (edge) =>
      edge.silentMs < SILENT_MS &&
      snapshot !== null &&
      edge.epoch === snapshot.epoch &&
      edge.generation < snapshot.generation,
  );
  const silent = edges.filter((edge) => edge.silentMs >= SILENT_MS);
  const names = (list: typeof edges) => list.map(({ edge }) => edge).join(", ");
  return [
    check(
      "control",
      snapshot === null ? "fail" : "ok",
      served,
      snapshot === null ? "portolan status, which says what is missing" : "",
    ),
    ...clusters.flatMap(({ cluster, api, apiCause, apiSinceMs, data, dataCause }) => [
      check(
        `cluster ${cluster}: API`,
        api === "reachable" ? "ok" : "fail",
        api === "reachable"
          ? "control reads it"
          : `${api} for ${age(report.nowMs - (apiSinceMs ?? report.nowMs))}: ${apiCause ?? "nobody knows why"}; its backends stay`,
        api === "reachable" ? "" : "portolan get clusters -o wide",
      ),
      check(
        `cluster ${cluster}: data`,
        data === "not-serving" ? "fail" : data === "serving" ? "ok" : "warn",
        dataCause ?? data,
        data === "not-serving" ? "portolan get backends -o wide" : "",
      ),
    ]),
    edges.length === 0
      ? check(
          "edges",
          "warn",
          "none has reported",
          "portolan edge --store URL --token-file FILE, so that it may report",
        )
      : late.length > 0
        ? check("edges", "warn", `${names(late)} still load the last snapshot`, "portolan status")
        : check(
            "edges",
            silent.length > 0 ? "warn" : "ok",
            silent.length > 0 ? `${names(silent)} are silent` : `${edges.length} have the snapshot`,
            silent.length > 0 ? "portolan status" : "",
          ),
    withheld.length > 0
      ? check(
          "withheld",
          "warn",
          `${withheld.map(({ host }) => host).join(", ")} would be gone`,
          `portolan approve ${report.approval ?? "HASH"}, if that is meant`,
        )
      : check("withheld", "ok", "nothing"),
    errors.length > 0
      ? check(
          "objects",
          "warn",
          `${errors.length} errors, the first: ${errors[0] === undefined ? "" : problemText(errors[0])}`,
          "portolan status",
        )
      : check("objects", "ok", "no errors"),
    ...(rollback === null
      ? []
      : [check("orders", "warn", `rolled back to ${rollback.epoch}.${rollback.generation}`, "portolan rollback end")]),
    ...drains.map(({ cluster, host }) => {
      const [of, option] = host === null ? ["", ""] : [` for ${host}`, ` --host ${host}`];
      return check("orders", "warn", `${cluster} is drained${of}`, `portolan drain ${cluster}${option} --end`);
    }),
  ];
}
