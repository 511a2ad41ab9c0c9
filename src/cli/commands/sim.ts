import { parseArgs } from "node:util";
import { callAdmin, DEFAULT_ADMIN } from "../admin-client.ts";
import { Failure } from "../failure.ts";
import type { Command } from "../command.ts";
import { nearestWord } from "../nearest-word.ts";

const ACTIONS = ["kill", "heal", "drain", "partition-api"] as const;

/** `portolan sim`: change the pretend world of a running `portolan up`. */
export const simCommand: Command = {
  summary: "change the pretend world: kill, heal, drain, partition-api",
  usage: `portolan sim kill|heal|drain|partition-api CLUSTER [--admin URL]

kill           the cluster's process dies: no API, no backends
drain          its weight becomes 0: no new requests, nothing fails
partition-api  its API no longer answers, its backends go on
heal           undoes all of it`,
  async run(args, deps) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { admin: { type: "string", default: DEFAULT_ADMIN } },
    });
    const [action = "", cluster] = positionals;
    if (!(ACTIONS as readonly string[]).includes(action)) {
      const near = nearestWord(action, ACTIONS) ?? "kill";
      throw new Failure(
        `Cannot do "${action}" to the pretend world: it knows ${ACTIONS.join(", ")}`,
        `portolan sim ${near} europe-west1`,
      );
    }
    if (cluster === undefined)
      throw new Failure(`Cannot ${action} a cluster without its name`, `portolan sim ${action} europe-west1`);
    const path = `/sim/${action}/${encodeURIComponent(cluster)}`;
    const { did } = await callAdmin<{ did: string }>(values.admin, path, "POST");
    deps.out(`${did}\n`);
    return 0;
  },
};
