import { parseArgs } from "node:util";
import { duration, required } from "../arguments.ts";
import type { Command } from "../command.ts";

/** `portolan join`: a member cluster with the least rights. */
export const joinCommand: Command = {
  summary: "let control read a cluster, with the least rights",
  usage: `portolan join CONTEXT [--name NAME] [--config portolan.yaml] [--kubeconfig FILE]
              [--write-back] [--tls-secrets] [--token-life 24h] [--renew] [--dry-run]

With the rights of your own CONTEXT it makes in the cluster: the namespace portolan-system, a ServiceAccount, a ClusterRole
that only reads, and the right to create that account's own tokens. All of it is shown before it is made. Here it writes
the account's credentials (.portolan/ beside portolan.yaml, for its owner alone) and a Cluster object, if there is none.
Again it changes nothing.

--name        name of the Cluster; from portolan.yaml or the context without it
--write-back  control may also write the status of Ingresses, and Events
--tls-secrets  control may also get the Secrets that spec.tls of our Ingresses names now, each by its name; again after
              an Ingress names another one
--token-life  how long a token is valid; control renews it at half of that
--renew       a new token, as after a time in which control did not run
--dry-run     print the YAML of all objects and make nothing`,
  async run(args, deps) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        name: { type: "string" },
        config: { type: "string", default: "portolan.yaml" },
        kubeconfig: { type: "string" },
        "write-back": { type: "boolean", default: false },
        "tls-secrets": { type: "boolean", default: false },
        "token-life": { type: "string", default: "24h" },
        renew: { type: "boolean", default: false },
        "dry-run": { type: "boolean", default: false },
        // kubefed's names for the same.
        "cluster-context": { type: "string" },
        "host-cluster-context": { type: "string" },
      },
    });
    const [first] = positionals;
    const context = values["cluster-context"] ?? first;
    if (values["host-cluster-context"] !== undefined)
      deps.err("--host-cluster-context has no effect: there is no host cluster\n");
    await deps.kube.join(
      {
        context: required("a context", context, "portolan join CONTEXT; kubectl config get-contexts lists them"),
        // As kubefed has it, the name is the argument when the context is a flag.
        name: values.name ?? (values["cluster-context"] === undefined ? null : (first ?? null)),
        config: values.config,
        kubeconfig: values.kubeconfig ?? null,
        writeBack: values["write-back"],
        tlsSecrets: values["tls-secrets"],
        tokenSeconds: Math.round(duration("--token-life", values["token-life"]) / 1000),
        renew: values.renew,
        dryRun: values["dry-run"],
      },
      (line) => deps.out(`${line}\n`),
    );
    return 0;
  },
};
