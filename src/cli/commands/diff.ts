import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { decide } from "../../core/decide.ts";
import { type DiffReport, diffTally } from "../../core/diff.ts";
import type { Circumstances } from "../../core/decision.ts";
import { place, required } from "../arguments.ts";
import type { Command } from "../command.ts";
import { diffText } from "../diff-text.ts";
import { type ExplainWorld, explainWorld } from "../explain-world.ts";
import { Failure } from "../failure.ts";
import { type LoggedRequest, logRequest } from "../log-line.ts";

const EXAMPLE = "portolan diff --from DIR --against DIR2 --requests access.jsonl";

/** `portolan diff`: which requests of a log a change would move, and what that costs. */
export const diffCommand: Command = {
  summary: "which requests of a log a change would move",
  usage: `portolan diff --from DIR --against DIR2 --requests LOG.jsonl [--max-moved PERCENT] [-o text|json]
              [--geoip FILE] [--location LAT,LON | PROVIDER/REGION] [--allow-private-origins]

Decides every request of the log with both directories. A line is one of an edge's access log, or of
portolan explain --requests. Exit code: 0 nothing moves, or at most --max-moved percent and nothing is lost;
1 more moves, or a request that was forwarded no longer is; 2 it could not be told.`,
  failureCode: 2,
  async run(args, deps) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        from: { type: "string" },
        against: { type: "string" },
        requests: { type: "string" },
        "max-moved": { type: "string", default: "0" },
        geoip: { type: "string" },
        location: { type: "string" },
        output: { type: "string", short: "o", default: "text" },
        "allow-private-origins": { type: "boolean", default: false },
      },
    });
    const limit = Number(values["max-moved"]);
    if (!(limit >= 0 && limit <= 100)) {
      throw new Failure(`Cannot read --max-moved "${values["max-moved"]}": it is not 0…100 percent`, EXAMPLE);
    }
    const options = {
      geoip: values.geoip ?? null,
      at: null,
      location: values.location === undefined ? null : place("--location", values.location),
      down: [],
      allowPrivateOrigins: values["allow-private-origins"],
    };
    const before = await explainWorld(deps, { ...options, from: required("--from", values.from, EXAMPLE) });
    const after = await explainWorld(deps, { ...options, from: required("--against", values.against, EXAMPLE) });
    const tally = diffTally();
    let unread = 0;
    for await (const line of lines(required("--requests", values.requests, EXAMPLE))) {
      const parsed = logRequest(line);
      if (parsed === null) {
        unread += 1;
        continue;
      }
      const [was, is] = [before, after].map((world) => {
        const circumstances = whoAsks(world, parsed);
        return { circumstances, decision: decide(world.table, world.health, parsed.request, circumstances) };
      });
      if (was === undefined || is === undefined) continue;
      const country = parsed.country ?? was.circumstances.client.location.country;
      tally.add({ host: parsed.request.host, country }, was.decision, is.decision);
    }
    const report = tally.report();
    deps.out(
      values.output === "json" ? `${JSON.stringify({ ...report, unread }, null, 2)}\n` : diffText(report, unread),
    );
    if (report.requests === 0) throw new Failure("Cannot compare: no line of the log is a request", EXAMPLE);
    return exceeds(report, limit) ? 1 : 0;
  },
};

function whoAsks(world: ExplainWorld, { client, country }: LoggedRequest): Circumstances {
  const circumstances = world.circumstances(client);
  const located = circumstances.client.location.source !== "none";
  return located || country === null ? circumstances : world.circumstances(country);
}

function exceeds(report: DiffReport, maxMovedPercent: number): boolean {
  return report.lost > 0 || report.moved * 100 > report.requests * maxMovedPercent;
}

async function* lines(file: string): AsyncGenerator<string> {
  try {
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
      if (line.trim() !== "") yield line;
    }
  } catch (cause) {
    throw new Failure(`Cannot read the requests in ${file}`, EXAMPLE, { cause });
  }
}
