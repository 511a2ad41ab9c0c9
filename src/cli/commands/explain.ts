import { causeOf } from "../../core/cause.ts";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import type { RequestFacts } from "../../core/decision.ts";
import { explain, type Explanation, whatWouldChange, type WhatIf } from "../../core/explain.ts";
import type { NamedClient } from "../../core/geo/named-client.ts";
import { callAdmin } from "../admin-client.ts";
import { outputIsJson, place, point, required } from "../arguments.ts";
import type { CliDeps } from "../deps.ts";
import { type ExplainWorld, explainWorld } from "../explain-world.ts";
import { explanationText } from "../explanation-text.ts";
import { Failure } from "../failure.ts";
import type { Command } from "../command.ts";
import { problemText } from "../problem-text.ts";
import { batchRequest, urlRequest } from "../request-line.ts";

const EXAMPLE = "portolan explain --from examples/three-clusters http://shop.example.org/";
const FLUSH_CHARACTERS = 65_536;

/** `portolan explain`: the decision for a request, and why not the others. */
export const explainCommand: Command = {
  summary: "where a request would go, and why not elsewhere",
  usage: `portolan explain --from DIR URL [--method M] [--header "Name: value"]… [--client IP|COUNTRY] [--geoip FILE]
                 [--at LAT,LON] [--location LAT,LON | PROVIDER/REGION] [--down CLUSTER]… [-o text|json]
portolan explain --edge ADMIN URL [--method M] [--header …] [--client …] [--at …] [-o …]
                                                    what a running edge would do now, with what it measured and holds
portolan explain --from DIR --requests FILE.jsonl   one request a line, one JSON line out each, in order

--client says who asks, --at where they are; with --location the edge's own place counts instead of the client's.
--allow-private-origins as for portolan edge.`,
  async run(args, deps) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        from: { type: "string" },
        edge: { type: "string" },
        method: { type: "string", default: "GET" },
        header: { type: "string", multiple: true, default: [] },
        client: { type: "string" },
        geoip: { type: "string" },
        at: { type: "string" },
        location: { type: "string" },
        down: { type: "string", multiple: true, default: [] },
        requests: { type: "string" },
        output: { type: "string", short: "o", default: "text" },
        "allow-private-origins": { type: "boolean", default: false },
      },
    });
    const asJson = outputIsJson(values.output);
    const url = values.requests === undefined ? required("a URL", positionals[0], EXAMPLE) : "";
    const surplus = values.requests === undefined ? positionals[1] : positionals[0];
    if (surplus !== undefined)
      throw new Failure(`Cannot explain "${surplus}" as well: one URL or one --requests at a time`, EXAMPLE);
    if (values.edge !== undefined) {
      const request = urlRequest(url, values.method, values.header);
      const at = values.at === undefined ? null : point("--at", values.at);
      return await explainAt(values.edge, { ...request, client: values.client ?? null, at }, deps, asJson);
    }
    const world = await explainWorld(deps, {
      from: required("--from", values.from, EXAMPLE),
      geoip: values.geoip ?? null,
      at: values.at === undefined ? null : point("--at", values.at),
      location: values.location === undefined ? null : place("--location", values.location),
      down: values.down,
      allowPrivateOrigins: values["allow-private-origins"],
    });
    for (const problem of world.problems) deps.err(`${problemText(problem)}\n`);
    if (values.requests !== undefined) return await explainBatch(world, values.requests, deps);
    const request = urlRequest(url, values.method, values.header);
    const circumstances = world.circumstances(values.client ?? null);
    if (circumstances.client.class === "invalid") {
      throw new Failure(
        `Cannot locate the client "${values.client}": it is neither an address nor a country`,
        "--client 198.51.100.7, or --client DE",
      );
    }
    const explanation = explain(world.table, world.health, request, circumstances);
    const changes = whatWouldChange(world.table, world.health, request, circumstances);
    if (asJson) deps.out(`${JSON.stringify({ ...explanation, whatWouldChange: changes }, null, 2)}\n`);
    else deps.out(`${explanationText(request, explanation, changes)}\n`);
    return 0;
  },
};

/** Asks a running edge: nothing is sent to an origin, and nothing changes there. */
async function explainAt(
  admin: string,
  asked: RequestFacts & NamedClient,
  deps: CliDeps,
  asJson: boolean,
): Promise<number> {
  const explained = await callAdmin<ExplainedByEdge>(admin, "/explain", "POST", asked);
  if (asJson) deps.out(`${JSON.stringify(explained, null, 2)}\n`);
  else {
    const { edge, snapshot, whatWouldChange: changes } = explained;
    deps.out(`edge       ${edge}, snapshot ${snapshot}\n${explanationText(asked, explained, changes)}\n`);
  }
  return 0;
}

interface ExplainedByEdge extends Explanation {
  readonly edge: string;
  readonly snapshot: string;
  readonly whatWouldChange: readonly WhatIf[];
}

/** A bad line gets an error line of its own; the others go on, and the exit code says that there was one. */
async function explainBatch(world: ExplainWorld, file: string, deps: CliDeps): Promise<number> {
  let bad = 0;
  let nobody = 0;
  let line = 0;
  let pending = "";
  try {
    for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
      line += 1;
      if (text.trim() === "") continue;
      pending += `${explainLine(world, text, line)}\n`;
      if (pending.length < FLUSH_CHARACTERS) continue;
      deps.out(pending);
      pending = "";
    }
  } catch (error) {
    const cause = causeOf(error);
    throw new Failure(`Cannot read the requests in ${file}: ${cause}`, `ls -l ${file}`, { cause: error });
  }
  deps.out(pending);
  if (nobody > 0)
    deps.err(`${nobody} of ${line} clients are neither an address nor a country: their class is "invalid"\n`);
  if (bad > 0) deps.err(`${bad} of ${line} lines could not be read as requests\n`);
  return bad > 0 ? 1 : 0;

  function explainLine(world: ExplainWorld, text: string, number: number): string {
    const parsed = batchRequest(text);
    if (!parsed.ok) {
      bad += 1;
      return JSON.stringify({ error: parsed.problem, line: number });
    }
    const circumstances = world.circumstances(parsed.client);
    // An edge goes on without the client's place, so the explanation does too.
    if (circumstances.client.class === "invalid") nobody += 1;
    return JSON.stringify(explain(world.table, world.health, parsed.request, circumstances));
  }
}
