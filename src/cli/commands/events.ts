import { parseArgs } from "node:util";
import type { HealthEvent } from "../../core/health/model.ts";
import { callAdmin, DEFAULT_ADMIN } from "../admin-client.ts";
import type { Command } from "../command.ts";
import { age, table } from "../table.ts";

/** `portolan events`: what changed, why, since when, who moved where. */
export const eventsCommand: Command = {
  summary: "what changed: cause, since when, who moved where, at what cost",
  usage: `portolan events [--host HOST] [--cluster CLUSTER] [--what WORD] [--admin URL] [-o text|json]

Ejections and returns, verdicts of probes and of the quorum, API troubles, published snapshots, orders of operators, and
each move of a host from one cluster to another with its cost in ms. Oldest first; rings hold the last few hundred.`,
  async run(args, deps) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        admin: { type: "string", default: DEFAULT_ADMIN },
        host: { type: "string" },
        cluster: { type: "string" },
        what: { type: "string" },
        output: { type: "string", short: "o", default: "text" },
      },
    });
    const all = await callAdmin<readonly HealthEvent[]>(values.admin, "/events", "GET");
    const events = all.filter((event) => isWanted(event, values));
    if (values.output === "json") deps.out(`${JSON.stringify(events, null, 2)}\n`);
    else if (events.length === 0) deps.out("No events\n");
    else deps.out(`${eventsText(events)}\n`);
    return 0;
  },
};

function isWanted(
  event: HealthEvent,
  { host, cluster, what }: { host?: string; cluster?: string; what?: string },
): boolean {
  if (what !== undefined && event.what !== what) return false;
  if (host !== undefined && event.subject !== host) return false;
  if (cluster === undefined || event.subject === cluster || event.subject.startsWith(`${cluster}|`)) return true;
  return event.move?.from === cluster || event.move?.to === cluster;
}

function eventsText(events: readonly HealthEvent[]): string {
  return table(
    ["TIME", "BY", "WHAT", "SUBJECT", "BEFORE", "MOVE", "CAUSE"],
    events.map((event) => [
      new Date(event.atMs).toISOString(),
      event.by,
      event.what,
      event.subject,
      event.sinceMs === null ? "" : `for ${age(event.atMs - event.sinceMs)}`,
      event.move === null ? "" : `${event.move.from} → ${event.move.to}, ${signed(event.move.costUs)} ms`,
      event.cause,
    ]),
  );
}

function signed(us: number): string {
  const ms = Math.round(us / 100) / 10;
  return ms > 0 ? `+${ms}` : String(ms);
}
