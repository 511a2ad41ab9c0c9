import { parseArgs } from "node:util";
import { callAdmin, DEFAULT_ADMIN } from "../admin-client.ts";
import { Failure } from "../failure.ts";
import type { Command } from "../command.ts";
import { nearestWord } from "../nearest-word.ts";

const ACTIONS = [
  "kill",
  "heal",
  "drain",
  "partition-api",
  "latency",
  "hang",
  "reset",
  "fail",
  "half-broken",
  "lie",
] as const;

/** `portolan sim`: change the pretend world of a running `portolan up`. */
export const simCommand: Command = {
  summary: "change the pretend world: kill, heal, drain, partition-api, latency, hang, …",
  usage: `portolan sim kill|heal|drain|partition-api|hang|reset|fail|half-broken|lie CLUSTER [--admin URL]
portolan sim latency CLUSTER MS [--admin URL]

kill           the cluster's process dies: no API, no backends
drain          its weight becomes 0: no new requests, nothing fails
partition-api  its API no longer answers, its backends go on
latency        the bytes of its backends leave MS later; edges measure it and reorder
hang           backends take requests and never answer
reset          backends reset the connection when a request arrives
fail           backends answer 503 to everything
half-broken    backends answer 500 to three requests in ten
lie            backends answer 503 to users, and tell probes that all is well
heal           undoes all of it`,
  async run(args, deps) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { admin: { type: "string", default: DEFAULT_ADMIN } },
    });
    const [action = "", cluster, ms = "0"] = positionals;
    if (!(ACTIONS as readonly string[]).includes(action)) {
      const near = nearestWord(action, ACTIONS) ?? "kill";
      throw new Failure(
        `Cannot do "${action}" to the pretend world: it knows ${ACTIONS.join(", ")}`,
        `portolan sim ${near} europe-west1`,
      );
    }
    if (cluster === undefined)
      throw new Failure(`Cannot ${action} a cluster without its name`, `portolan sim ${action} europe-west1`);
    if (action === "latency" && !/^\d{1,5}$/.test(ms))
      throw new Failure(
        `Cannot delay ${cluster} by "${ms}": it is no number of milliseconds`,
        `portolan sim latency ${cluster} 200`,
      );
    const argument = action === "latency" ? `${cluster}=${ms}` : cluster;
    const path = `/sim/${action}/${encodeURIComponent(argument)}`;
    const { did } = await callAdmin<{ did: string }>(values.admin, path, "POST");
    deps.out(`${did}\n`);
    return 0;
  },
};
