import { parseArgs } from "node:util";
import { DEFAULT_ADMIN, streamAdmin } from "../admin-client.ts";
import type { Command } from "../command.ts";

/** `portolan tap`: decisions of the running edges as they happen. */
export const tapCommand: Command = {
  summary: "decisions of the running edges, as they happen",
  usage: `portolan tap [--host HOST] [--country CC] [--cluster CLUSTER] [--status 503|5xx] [--count N] [--admin URL] [-o text|json]

Ends after --count decisions, or with Ctrl-C. Beyond 200 decisions a second a share is shown, and a line says which.`,
  async run(args, deps) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        admin: { type: "string", default: DEFAULT_ADMIN },
        host: { type: "string" },
        country: { type: "string" },
        cluster: { type: "string" },
        status: { type: "string" },
        count: { type: "string" },
        output: { type: "string", short: "o", default: "text" },
      },
    });
    const { host, country, cluster, status } = values;
    const given = Object.entries({ host, country, cluster, status }).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as [string, string]],
    );
    const stop = new AbortController();
    void deps.untilStopped().then(() => stop.abort());
    let left = values.count === undefined ? Number.POSITIVE_INFINITY : Number(values.count);
    for await (const line of streamAdmin(values.admin, `/tap?${new URLSearchParams(given).toString()}`, stop.signal)) {
      if (line === "") continue;
      const entry = JSON.parse(line) as TapLine;
      deps.out(`${values.output === "json" ? line : tapText(entry)}\n`);
      if ("sampled" in entry) continue;
      left -= 1;
      if (left <= 0) stop.abort();
    }
    return 0;
  },
};

type TapLine =
  | { readonly sampled: { readonly shown: number; readonly of: number } }
  | {
      readonly time: string;
      readonly edge: string;
      readonly method: string;
      readonly host: string | null;
      readonly path: string | null;
      readonly status: number;
      readonly durationMs: number;
      readonly cluster: string | null;
      readonly country: string | null;
      readonly panic: boolean;
      readonly candidates: readonly { readonly cluster: string; readonly costMs: number; readonly basis: string }[];
      readonly attempts: readonly { readonly cluster: string; readonly status?: number; readonly failure?: string }[];
    };

function tapText(line: TapLine): string {
  if ("sampled" in line) return `… ${line.sampled.shown} of ${line.sampled.of} decisions of this second are shown`;
  const tries = line.attempts.map((one) => `${one.cluster} ${one.status ?? one.failure ?? ""}`).join(" → ");
  const first = line.candidates[0];
  const why =
    first === undefined ? "" : ` (${first.cluster} ${first.costMs} ms ${first.basis}${line.panic ? ", panic" : ""})`;
  const where = `${line.host ?? "-"}${line.path ?? ""}`;
  return `${line.time} ${line.edge} ${line.country ?? "--"} ${line.method} ${where} ${line.status} ${line.durationMs} ms ${tries}${why}`;
}
