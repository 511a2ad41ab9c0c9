/**
 * The credential plug-ins that clouds write into kubeconfig files, read as what they would ask for: so that their tokens
 * can be made where no program can be run.
 *
 * | written by                     | command                                         |
 * |--------------------------------|-------------------------------------------------|
 * | aws eks update-kubeconfig      | aws [--region R] eks get-token --cluster-name N [--role-arn A] |
 * | the authenticator's own page   | aws-iam-authenticator token -i N [-r A]         |
 * | gcloud … get-credentials       | gke-gcloud-auth-plugin                          |
 * | az aks get-credentials, kubelogin | kubelogin get-token --server-id S …          |
 */
import type { ExecPlugin } from "./exec-credential.ts";

export type CloudPlugin =
  /** `region` is null when the file leaves it to the environment. */
  | { readonly cloud: "aws"; readonly cluster: string; readonly region: string | null; readonly role: string | null }
  | { readonly cloud: "google" }
  /** Application id of AKS' API servers. */
  | { readonly cloud: "azure"; readonly serverId: string };

/** Null for a plug-in that no cloud writes, or that asks for something else. */
export function cloudPlugin({ command, args, env }: Pick<ExecPlugin, "command" | "args" | "env">): CloudPlugin | null {
  const name = command.slice(command.lastIndexOf("/") + 1).replace(/\.exe$/, "");
  const option = (...names: readonly string[]) => valueOf(args, names);
  switch (name) {
    case "aws": {
      const cluster = option("--cluster-name", "--cluster-id");
      if (!args.includes("eks") || !args.includes("get-token") || cluster === null) return null;
      const region = option("--region") ?? env["AWS_REGION"] ?? env["AWS_DEFAULT_REGION"] ?? null;
      return { cloud: "aws", cluster, region, role: option("--role-arn", "--role") };
    }
    case "aws-iam-authenticator": {
      const cluster = option("-i", "--cluster-id");
      if (!args.includes("token") || cluster === null) return null;
      const region = option("--region") ?? env["AWS_REGION"] ?? env["AWS_DEFAULT_REGION"] ?? null;
      return { cloud: "aws", cluster, region, role: option("-r", "--role") };
    }
    case "gke-gcloud-auth-plugin":
      return { cloud: "google" };
    case "kubelogin": {
      const serverId = option("--server-id");
      return args.includes("get-token") && serverId !== null ? { cloud: "azure", serverId } : null;
    }
    default:
      return null;
  }
}

/** The value after an option, or behind its equals sign. */
function valueOf(args: readonly string[], names: readonly string[]): string | null {
  for (const [index, arg] of args.entries()) {
    if (names.includes(arg)) return args[index + 1] ?? null;
    const equals = arg.indexOf("=");
    if (equals > 0 && names.includes(arg.slice(0, equals))) return arg.slice(equals + 1);
  }
  return null;
}
