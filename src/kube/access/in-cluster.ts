/** The way to the API of the cluster that this process runs in, with the service account of its pod. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ApiAccess } from "./access.ts";
import { tokenSource } from "./credential.ts";

/** Where Kubernetes puts the credentials of a pod's service account; the token in it is renewed by the kubelet. */
const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

export interface InClusterOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly folder?: string;
  /** Another address than the one in the environment. */
  readonly server?: string;
}

/** Null where no pod's environment and service account are there. Token and CA are read anew for each request. */
export async function inClusterAccess(options: InClusterOptions = {}): Promise<ApiAccess | null> {
  const { env = process.env, folder = SERVICE_ACCOUNT } = options;
  const { KUBERNETES_SERVICE_HOST: host = "", KUBERNETES_SERVICE_PORT: port = "443" } = env;
  const server = options.server ?? (host === "" ? null : `https://${host.includes(":") ? `[${host}]` : host}:${port}`);
  const token = join(folder, "token");
  const hasToken = await readFile(token, "utf8").then(
    () => true,
    () => false,
  );
  if (server === null || !hasToken) return null;
  return {
    server,
    ca: () => readFile(join(folder, "ca.crt"), "utf8"),
    credentials: tokenSource(() => readFile(token, "utf8"), `the token of ${token}`),
  };
}
