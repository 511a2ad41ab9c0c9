import { parseArgs } from "node:util";
import type { Command } from "../command.ts";

/** What kubefed's `init` took; there is nothing here that it would mean. */
const KUBEFED = [
  "host-cluster-context",
  "dns-zone-name",
  "dns-provider",
  "dns-provider-config",
  "image",
  "etcd-image",
  "etcd-pv-capacity",
  "etcd-persistent-storage",
  "api-server-service-type",
  "api-server-advertise-address",
  "api-server-port",
  "apiserver-arg-overrides",
  "controllermanager-arg-overrides",
  "node-selector",
  "federation-system-namespace",
  "credentials-kubeconfig",
] as const;

/** `portolan init`: a first portolan.yaml from the contexts of a kubeconfig. */
export const initCommand: Command = {
  summary: "write portolan.yaml from your kubeconfig's contexts, with the reason for each guess",
  usage: `portolan init [NAME] [--context CONTEXT]... [--kubeconfig FILE] [-o portolan.yaml] [--force] [--dry-run]

Asks each context's cluster for its version, nodes and Services, guesses provider, region, zone and gateway, and writes
one file. Nothing else is changed, in no cluster and on no disk. -o - or --dry-run prints it instead.

--context   only this one; may be repeated; all of them without it
--force     replace a file that is there
The flags of kubefed's init are accepted and have no effect, with a warning.`,
  async run(args, deps) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        context: { type: "string", multiple: true },
        kubeconfig: { type: "string" },
        output: { type: "string", short: "o", default: "portolan.yaml" },
        force: { type: "boolean", default: false },
        "dry-run": { type: "boolean", default: false },
        ...Object.fromEntries(KUBEFED.map((name) => [name, { type: "string" as const }])),
      },
    });
    for (const name of KUBEFED) {
      if (Object.hasOwn(values, name)) deps.err(`--${name} has no effect: there is no host cluster, etcd or image\n`);
    }
    const path = values["dry-run"] || values.output === "-" ? null : values.output;
    const { text, found } = await deps.kube.init({
      name: positionals[0] ?? "portolan",
      contexts: listOf(values.context),
      kubeconfig: typeof values.kubeconfig === "string" ? values.kubeconfig : null,
      path,
      force: values.force,
    });
    if (path === null) deps.out(text);
    for (const line of found) deps.err(`${line}\n`);
    if (path !== null) deps.out(`${path} is written; next: portolan join CONTEXT, for each cluster\n`);
    return 0;
  },
};

function listOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];
}
