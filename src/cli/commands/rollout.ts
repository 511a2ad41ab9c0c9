import { parseArgs } from "node:util";
import type { Version } from "../../core/model.ts";
import { type EdgeRollout, type Rollout, rolloutOf } from "../../core/rollout.ts";
import type { StatusReport } from "../../core/status.ts";
import { callAdmin, DEFAULT_ADMIN } from "../admin-client.ts";
import { count, duration, outputIsJson } from "../arguments.ts";
import type { Command } from "../command.ts";
import { Failure } from "../failure.ts";
import { age, table } from "../table.ts";

const LOOK_MS = 500;

/** `portolan rollout status`: which edges serve what is published. */
export const rolloutCommand: Command = {
  summary: "which edges serve what is published, and which lag",
  usage: `portolan rollout status [--wait] [--timeout 5m] [--edges N] [--after E.G] [--admin URL] [-o text|json]

--wait      ask until every edge serves what is published, or the time is up
--timeout   how long --wait asks (default 5m)
--edges     so many edges at least have to serve it (default 1)
--after     what is published has to be newer than this EPOCH.GENERATION, as status printed it before a change

Exit code 0: they do; 1: some lag, or too few report; 2: it could not be told. An edge that has been silent for three
minutes is listed and holds nothing up.`,
  failureCode: 2,
  async run(args, deps) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        wait: { type: "boolean", default: false },
        timeout: { type: "string", default: "5m" },
        edges: { type: "string", default: "1" },
        after: { type: "string" },
        admin: { type: "string", default: DEFAULT_ADMIN },
        output: { type: "string", short: "o", default: "text" },
      },
    });
    if (positionals.length !== 1 || positionals[0] !== "status") {
      throw new Failure(
        `Cannot run "rollout ${positionals.join(" ")}": there is only status`,
        "portolan rollout status",
      );
    }
    const asJson = outputIsJson(values.output);
    const goal = { least: count("--edges", values.edges, 1_000_000), after: version(values.after) };
    const untilMs = performance.now() + duration("--timeout", values.timeout);
    const look = async () => rolloutOf(await callAdmin<StatusReport>(values.admin, "/status", "GET"), goal);
    let rollout = await look();
    while (values.wait && !rollout.isDone && performance.now() < untilMs) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      rollout = await look();
    }
    deps.out(asJson ? `${JSON.stringify(rollout, null, 2)}\n` : `${rolloutText(rollout)}\n`);
    return rollout.isDone ? 0 : 1;
  },
};

function version(text: string | undefined): Version | null {
  if (text === undefined) return null;
  const [, epoch, generation] = /^(\d+)\.(\d+)$/.exec(text) ?? [];
  if (epoch !== undefined) return { epoch: Number(epoch), generation: Number(generation) };
  throw new Failure(`Cannot read --after "${text}": it is not EPOCH.GENERATION`, "--after 1790000000.7");
}

function rolloutText({ nowMs, snapshot, edges, current, behind, silent }: Rollout): string {
  if (snapshot === null) return "No snapshot is published";
  const version = `${snapshot.epoch}.${snapshot.generation}`;
  const counts = [`${current} of ${edges.length} edges serve ${version}`];
  if (behind > 0) counts.push(`${behind} behind`);
  if (silent > 0) counts.push(`${silent} silent`);
  const head = `Snapshot ${version}, published ${age(nowMs - snapshot.publishedAtMs)} ago: ${counts.join(", ")}`;
  const rows = edges.map((one) => [
    one.edge,
    `${one.epoch}.${one.generation}`,
    stateText(one),
    age(one.ageMs),
    `${age(one.silentMs)} ago`,
    one.place,
  ]);
  return `${head}\n\n${table(["EDGE", "SNAPSHOT", "STATE", "AGE", "REPORTED", "PLACE"], rows)}`;
}

function stateText({ state, behind }: EdgeRollout): string {
  return state === "behind" && behind !== null ? `behind by ${behind}` : state;
}
