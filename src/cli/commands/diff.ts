import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { decide } from "../../core/decide.ts";
import type { Candidate, Decision } from "../../core/model.ts";
import { place, required } from "../arguments.ts";
import type { Command } from "../command.ts";
import { type ExplainWorld, explainWorld } from "../explain-world.ts";
import { Failure } from "../failure.ts";
import { logRequest } from "../request-line.ts";
import { table } from "../table.ts";

const EXAMPLE = "portolan diff --from live --against proposed --requests access.jsonl";

/** `portolan diff`: what a change of configuration would move, told by real requests. */
export const diffCommand: Command = {
  summary: "what a change would move: from where to where, ms gained and lost",
  usage: `portolan diff --from DIR --against DIR --requests LOG.jsonl [--location LAT,LON | PROVIDER/REGION]
              [--geoip FILE] [--max-moved PERCENT] [--allow-private-origins] [-o text|json]

Replays an access log (or lines as portolan explain --requests takes them) through both directories. Exit code 0 when
nothing moves or at most --max-moved percent of the requests do, 1 when more do, or when a request that was served is
not served any more.`,
  async run(args, deps) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        from: { type: "string" },
        against: { type: "string" },
        requests: { type: "string" },
        location: { type: "string" },
        geoip: { type: "string" },
        "max-moved": { type: "string", default: "0" },
        "allow-private-origins": { type: "boolean", default: false },
        output: { type: "string", short: "o", default: "text" },
      },
    });
    const maxMoved = Number(values["max-moved"]);
    if (!(maxMoved >= 0 && maxMoved <= 100))
      throw new Failure(`Cannot read --max-moved "${values["max-moved"]}": it is no percentage`, EXAMPLE);
    const shared = {
      geoip: values.geoip ?? null,
      at: null,
      location: values.location === undefined ? null : place("--location", values.location),
      down: [],
      allowPrivateOrigins: values["allow-private-origins"],
    };
    const before = await explainWorld(deps, { ...shared, from: required("--from", values.from, EXAMPLE) });
    const after = await explainWorld(deps, { ...shared, from: required("--against", values.against, EXAMPLE) });
    const report = await replay(before, after, required("--requests", values.requests, EXAMPLE));
    deps.out(`${values.output === "json" ? JSON.stringify(report, null, 2) : reportText(report)}\n`);
    return report.lost > 0 || report.moved * 100 > maxMoved * report.requests ? 1 : 0;
  },
};

/** Requests that went the same way from one place to another. */
interface Move {
  readonly host: string;
  readonly country: string;
  readonly from: string;
  readonly to: string;
  requests: number;
  gainedMs: number;
  lostMs: number;
}

interface DiffReport {
  requests: number;
  unreadable: number;
  moved: number;
  /** Served before, not served after. */
  lost: number;
  gainedMs: number;
  lostMs: number;
  moves: Move[];
}

async function replay(before: ExplainWorld, after: ExplainWorld, file: string): Promise<DiffReport> {
  const moves = new Map<string, Move>();
  const report: DiffReport = { requests: 0, unreadable: 0, moved: 0, lost: 0, gainedMs: 0, lostMs: 0, moves: [] };
  try {
    for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
      if (text.trim() === "") continue;
      const parsed = logRequest(text);
      if (!parsed.ok) {
        report.unreadable += 1;
        continue;
      }
      report.requests += 1;
      const one = (world: ExplainWorld) =>
        decide(world.table, world.health, parsed.request, {
          ...world.circumstances(parsed.client),
          seed: report.requests,
        });
      const [was, is] = [one(before), one(after)];
      note(report, moves, { host: parsed.request.host, country: parsed.country ?? "--", was, is });
    }
  } catch (error) {
    throw new Failure(`Cannot read the requests in ${file}`, "portolan help diff", { cause: error });
  }
  report.moves = [...moves.values()].sort((a, b) => b.requests - a.requests || (keyOf(a) < keyOf(b) ? -1 : 1));
  return report;
}

function note(
  report: DiffReport,
  moves: Map<string, Move>,
  { host, country, was, is }: { host: string; country: string; was: Decision; is: Decision },
): void {
  const [from, to] = [outcome(was), outcome(is)];
  if (from === to) return;
  report.moved += 1;
  if (was.action === "forward" && is.action === "reject") report.lost += 1;
  const move = { host, country, from, to, requests: 0, gainedMs: 0, lostMs: 0 };
  const known = moves.get(keyOf(move)) ?? move;
  moves.set(keyOf(move), known);
  known.requests += 1;
  const [a, b] = [firstOf(was), firstOf(is)];
  if (a === null || b === null || a.basis === "none" || b.basis === "none") return;
  const ms = (b.costUs - a.costUs) / 1000;
  const side = ms < 0 ? "gainedMs" : "lostMs";
  known[side] += Math.abs(ms);
  report[side] += Math.abs(ms);
}

function firstOf(decision: Decision): Candidate | null {
  return decision.action === "forward" ? (decision.candidates[0] ?? null) : null;
}

function outcome(decision: Decision): string {
  switch (decision.action) {
    case "forward":
      return `${decision.candidates[0]?.cluster ?? "none"}/${decision.route.service}`;
    case "reject":
      return `${decision.status} ${decision.code}`;
    case "redirect":
    case "respond":
      return `${decision.status} ${decision.action}`;
    default:
      return decision satisfies never;
  }
}

function keyOf({ host, country, from, to }: Move): string {
  return `${host} ${country} ${from} ${to}`;
}

function reportText(report: DiffReport): string {
  const { requests, moved, lost, unreadable } = report;
  const share = requests === 0 ? 0 : (100 * moved) / requests;
  const ms = (sum: number, count: number) => (sum === 0 ? "" : `${(sum / count).toFixed(1)}`);
  const lines = [
    `${moved} of ${requests} requests move (${share.toFixed(2)} %), ${lost} are served no more; ${report.gainedMs.toFixed(0)} ms gained, ${report.lostMs.toFixed(0)} ms lost in all`,
  ];
  if (unreadable > 0) lines.push(`${unreadable} lines are no requests and were left out`);
  if (moved > 0) {
    lines.push(
      table(
        ["HOST", "COUNTRY", "FROM", "TO", "REQUESTS", "MS GAINED EACH", "MS LOST EACH"],
        report.moves.map((one) => [
          one.host,
          one.country,
          one.from,
          one.to,
          String(one.requests),
          ms(one.gainedMs, one.requests),
          ms(one.lostMs, one.requests),
        ]),
      ),
    );
  }
  return lines.join("\n\n");
}
