/** Several real clusters at once, with a kubeconfig that has a context for each, and kubectl. */
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { authority } from "../../kube/access/authority.ts";
import { builtKube } from "./build.ts";
import { type RealCluster, startCluster } from "./cluster.ts";
import { namespace, whyNoNamespaces } from "./network.ts";

export interface RealClusters {
  /** In the order of their names as given. */
  readonly clusters: readonly RealCluster[];
  readonly folder: string;
  /** Path of the file; the contexts are called like the clusters. */
  readonly kubeconfig: string;
  /** Runs the real kubectl; rejects with what it printed when it fails. */
  kubectl(cluster: string, args: readonly string[], input?: string): Promise<string>;
  cluster(name: string): RealCluster;
  close(): Promise<void>;
}

/** Null when `startClusters` works here, otherwise a loud reason, which is printed once. */
export async function whyNoClusters(): Promise<string | null> {
  const reason =
    (await builtKube()) === null
      ? "the API servers are not built: node test/real/kube/build.ts, which needs Go 1.26 and takes five minutes"
      : await whyNoNamespaces();
  if (reason !== null) console.warn(`\n*** SKIPPED, real Kubernetes API servers: ${reason} ***\n`);
  return reason;
}

export interface ClustersOptions {
  /** Addresses for backends in each cluster. */
  readonly backends?: number;
}

/** Starts them side by side. What was started ends again when one cannot be. */
export async function startClusters(names: readonly string[], options: ClustersOptions = {}): Promise<RealClusters> {
  const programs = await builtKube();
  if (programs === null) throw new Error("Cannot start clusters: the API servers are not built");
  const folder = await mkdtemp(join(tmpdir(), "portolan-kube-"));
  const ca = authority("portolan-test");
  const starting = await Promise.allSettled(
    names.map(async (name) => {
      const network = await namespace(name);
      const more = { backends: options.backends ?? 2 };
      return startCluster({ name, programs, folder: join(folder, name), authority: ca, network, ...more });
    }),
  );
  const clusters = starting.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const close = async () => {
    await Promise.all(clusters.map((one) => one.close()));
    await rm(folder, { recursive: true, force: true });
  };
  const failed = starting.find((one) => one.status === "rejected");
  if (failed !== undefined) {
    await close();
    throw failed.reason;
  }
  const kubeconfig = join(folder, "kubeconfig");
  await writeFile(kubeconfig, JSON.stringify(configOf(clusters, ca.cert), null, 1), { mode: 0o600 });
  return {
    clusters,
    folder,
    kubeconfig,
    kubectl: (cluster, args, input) =>
      output(join(programs, "kubectl"), [`--kubeconfig=${kubeconfig}`, `--context=${cluster}`, ...args], input),
    cluster(name) {
      const found = clusters.find((one) => one.name === name);
      if (found === undefined) throw new RangeError(`Cannot find the cluster ${name}`);
      return found;
    },
    close,
  };
}

function configOf(clusters: readonly RealCluster[], ca: string): object {
  const data = Buffer.from(ca).toString("base64");
  return {
    apiVersion: "v1",
    kind: "Config",
    "current-context": clusters[0]?.name,
    clusters: clusters.map(({ name, server }) => ({ name, cluster: { server, "certificate-authority-data": data } })),
    users: clusters.map(({ name, token }) => ({ name, user: { token } })),
    contexts: clusters.map(({ name }) => ({ name, context: { cluster: name, user: name } })),
  };
}

function output(command: string, args: readonly string[], input = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"] });
    let [out, err] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
    child.once("error", reject);
    child.once("close", (code) =>
      code === 0 ? resolve(out) : reject(new Error(`kubectl ${args.join(" ")} ended with ${code}: ${err}`)),
    );
    child.stdin.end(input);
  });
}
