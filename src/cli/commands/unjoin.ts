import { parseArgs } from "node:util";
import type { StatusReport } from "../../core/status.ts";
import { callAdmin, DEFAULT_ADMIN } from "../admin-client.ts";
import { required } from "../arguments.ts";
import type { Command } from "../command.ts";
import { Failure } from "../failure.ts";

const DRAIN_TIMEOUT_MS = 30_000;
const GONE_TIMEOUT_MS = 10_000;
const POLL_MS = 200;
/** An edge that has not reported for so long is not waited for. */
const SILENT_MS = 15_000;

/** `portolan unjoin`: drains, then removes what join made. */
export const unjoinCommand: Command = {
  summary: "drain a cluster, then remove what join made, everywhere",
  usage: `portolan unjoin NAME [--config portolan.yaml] [--kubeconfig FILE] [--context CONTEXT]
                [--admin URL] [--no-drain] [--force]
portolan unjoin NAME --lost

Drains the cluster and waits until every edge knows, takes the Cluster object out of the config source, removes the
objects that join made in the cluster, compares, and forgets the credentials here.

--context    whose rights remove the objects; the context that joined it without this
--no-drain   when control does not run
--force      also where a host is left without a backend
--lost       the cluster is gone for good: nothing is asked of it`,
  async run(args, deps) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        config: { type: "string", default: "portolan.yaml" },
        kubeconfig: { type: "string" },
        context: { type: "string" },
        admin: { type: "string", default: DEFAULT_ADMIN },
        "no-drain": { type: "boolean", default: false },
        force: { type: "boolean", default: false },
        lost: { type: "boolean", default: false },
      },
    });
    const say = (line: string) => deps.out(`${line}\n`);
    const word = required("a cluster", positionals[0], "portolan unjoin us-east1");
    const name = await deps.kube.joinedName(values.config, word);
    if (!values["no-drain"]) say(await drainFirst(values.admin, name, values.force || values.lost));
    const where = { config: values.config, kubeconfig: values.kubeconfig ?? null };
    await deps.kube.forget(where, name, say);
    await deps.kube.unjoin(
      {
        cluster: name,
        context: values.context ?? null,
        config: values.config,
        kubeconfig: values.kubeconfig ?? null,
        lost: values.lost,
      },
      say,
    );
    if (!values["no-drain"]) await endDrain(values.admin, name, say);
    say(`${name} is unjoined`);
    return 0;
  },
};

/** Orders the drain, and resolves when every edge that reports has loaded a snapshot with it. */
async function drainFirst(admin: string, cluster: string, force: boolean): Promise<string> {
  const status = async () => await callAdmin<StatusReport>(admin, "/status", "GET");
  const before = await status().catch((cause: unknown) => {
    const message = `Cannot drain ${cluster}: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new Failure(
      message,
      `--admin URL of control, or portolan unjoin ${cluster} --no-drain when it does not run`,
      { cause },
    );
  });
  if (!before.clusters.some((one) => one.cluster === cluster))
    return `drain        not needed: no edge knows ${cluster}`;
  const query = force ? "?force=true" : "";
  await callAdmin(admin, `/drain/${encodeURIComponent(cluster)}${query}`, "POST");
  for (let waitedMs = 0; waitedMs < DRAIN_TIMEOUT_MS; waitedMs += POLL_MS) {
    const { clusters, edges, snapshot } = await status();
    const isDrained = clusters.find((one) => one.cluster === cluster)?.weight === 0;
    const late = edges.filter(
      (edge) =>
        edge.silentMs < SILENT_MS &&
        (snapshot === null || edge.epoch !== snapshot.epoch || edge.generation < snapshot.generation),
    );
    if (isDrained && late.length === 0) return `drain        ${cluster} has weight 0 on ${edges.length} edges`;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Failure(
    `Cannot go on: after ${DRAIN_TIMEOUT_MS / 1000} s not every edge knows of the drain`,
    "portolan status",
  );
}

/** The order goes when the cluster has: earlier its weight would count again. */
async function endDrain(admin: string, cluster: string, say: (line: string) => void): Promise<void> {
  for (let waitedMs = 0; waitedMs < GONE_TIMEOUT_MS; waitedMs += POLL_MS) {
    const { clusters, drains } = await callAdmin<StatusReport>(admin, "/status", "GET");
    const isThere = clusters.some((one) => one.cluster === cluster);
    if (!isThere && drains.every((one) => one.cluster !== cluster || one.host !== null)) return;
    if (!isThere) return void (await callAdmin(admin, `/undrain/${encodeURIComponent(cluster)}`, "POST"));
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  say(`Look here: control still knows ${cluster}, which stays drained; see portolan status`);
}
