import { parseArgs } from "node:util";
import type { Command } from "../command.ts";
import type { Owned } from "../kube-commands.ts";
import { Failure } from "../failure.ts";

/** `portolan destroy`: everything that Portolan owns, listed, removed, listed again. */
export const destroyCommand: Command = {
  summary: "list what Portolan owns everywhere; with --yes remove it",
  usage: `portolan destroy [--yes] [--config portolan.yaml] [--kubeconfig FILE]

Without --yes it only lists. With it every joined cluster is unjoined, without a drain, the Cluster objects go, then the
store; then it lists again and fails when something is left. What it does not own it does not touch.`,
  async run(args, deps) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        yes: { type: "boolean", default: false },
        config: { type: "string", default: "portolan.yaml" },
        kubeconfig: { type: "string" },
      },
    });
    const say = (line: string) => deps.out(`${line}\n`);
    const options = { config: values.config, kubeconfig: values.kubeconfig ?? null };
    const before = await deps.kube.owned(options);
    list(before, say);
    if (!values.yes) {
      if (before.length > 0) say("\nnothing is removed; next: portolan destroy --yes");
      return 0;
    }
    const joined = new Set(
      before.flatMap(({ cluster, what }) => (what.startsWith("credentials") && cluster !== null ? [cluster] : [])),
    );
    for (const cluster of new Set(before.flatMap((one) => one.cluster ?? []))) {
      await deps.kube.forget(options, cluster, say);
      if (joined.has(cluster)) await deps.kube.unjoin({ ...options, cluster, context: null, lost: false }, say);
    }
    await deps.kube.removeStore(values.config);
    say("\nlisted again");
    const after = await deps.kube.owned(options);
    list(after, say);
    if (after.length > 0)
      throw new Failure(`Cannot destroy everything: ${after.length} things are left`, "portolan destroy --yes");
    return 0;
  },
};

function list(owned: readonly Owned[], say: (line: string) => void): void {
  if (owned.length === 0) say("Portolan owns nothing");
  for (const { where, what } of owned) say(`${where.padEnd(24)} ${what}`);
}
