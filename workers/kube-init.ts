/** `portolan init`: contexts → facts → guesses → one file. */
import { writeFile } from "node:fs/promises";
import { Failure } from "../src/cli/failure.ts";
import type { InitOptions, Initialised } from "../src/cli/kube-commands.ts";
import { causeOf } from "../src/core/cause.ts";
import { distinctNames, readContextName } from "../src/core/join/cluster-name.ts";
import { guessGateway } from "../src/core/join/gateway-guess.ts";
import { type InitCluster, initFile } from "../src/core/join/init-file.ts";
import { guessLocation } from "../src/core/join/location.ts";
import { contextAccess } from "../src/kube/access/context-access.ts";
import { type Kubeconfig, loadKubeconfig } from "../src/kube/access/kubeconfig.ts";
import { apiClient } from "../src/kube/api-client.ts";
import { clusterFacts, type ClusterFacts } from "../src/kube/join/facts.ts";

const TIMEOUT_MS = 5000;

/** Asks all contexts at once; one that does not answer is written down with what its name says. */
export async function init(options: InitOptions): Promise<Initialised> {
  const kubeconfig = await openKubeconfig(options.kubeconfig);
  const known = kubeconfig.contexts.map(({ name }) => name);
  const contexts = options.contexts.length === 0 ? known : options.contexts;
  const missing = contexts.find((context) => !known.includes(context));
  if (missing !== undefined) {
    const list = known.length === 0 ? "it has none" : `it has ${known.join(", ")}`;
    throw new Failure(
      `Cannot find the context "${missing}" in ${kubeconfig.files.join(", ")}: ${list}`,
      "kubectl config get-contexts",
    );
  }
  if (contexts.length === 0) {
    throw new Failure(`Cannot begin: ${kubeconfig.files.join(", ")} has no contexts`, "kubectl config get-contexts");
  }
  const names = distinctNames(contexts.map((context) => readContextName(context).cluster));
  const clusters = await Promise.all(
    contexts.map(async (context, index) => await guess(kubeconfig, context, names[index] ?? "cluster")),
  );
  const text = initFile({ name: options.name, clusters });
  if (options.path !== null) await write(options.path, text, options.force);
  return { text, found: clusters.map(foundText) };
}

/** The kubeconfig of `--kubeconfig`, of `KUBECONFIG`, or of the home folder. */
export async function openKubeconfig(path: string | null): Promise<Kubeconfig> {
  try {
    return await loadKubeconfig({ path });
  } catch (cause) {
    throw new Failure(causeOf(cause), "--kubeconfig FILE", { cause });
  }
}

/** Asks one cluster; null facts when it cannot be asked. */
export async function factsOf(
  kubeconfig: Kubeconfig,
  context: string,
): Promise<{ readonly facts: ClusterFacts | null; readonly cause: string | null }> {
  try {
    const client = apiClient(contextAccess(kubeconfig, context), { timeoutMs: TIMEOUT_MS });
    try {
      const facts = await clusterFacts(client);
      return "ok" in facts ? { facts: null, cause: facts.cause } : { facts, cause: null };
    } finally {
      await client.close();
    }
  } catch (cause) {
    return { facts: null, cause: causeOf(cause) };
  }
}

async function guess(kubeconfig: Kubeconfig, context: string, name: string): Promise<InitCluster> {
  const { facts, cause } = await factsOf(kubeconfig, context);
  return {
    name,
    context,
    location: guessLocation(facts?.nodes ?? [], readContextName(context)),
    gateway: facts === null ? { gateway: null, note: "the cluster was not asked" } : guessGateway(facts.services),
    unreachable: cause,
    version: facts?.version ?? null,
  };
}

function foundText({ name, context, location, gateway, unreachable, version }: InitCluster): string {
  const state = unreachable === null ? (version ?? "reachable") : `not reachable (${unreachable})`;
  const place = [location.provider?.value, location.region?.value].filter((part) => part !== undefined).join("/");
  const way = gateway.gateway === null ? "no gateway" : `gateway ${gateway.gateway.connectHost.value}`;
  return `${context}: ${name}, ${state}, ${place === "" ? "place unknown" : place}, ${way}`;
}

async function write(path: string, text: string, force: boolean): Promise<void> {
  try {
    await writeFile(path, text, { flag: force ? "w" : "wx" });
  } catch (cause) {
    const isThere = cause instanceof Error && "code" in cause && cause.code === "EEXIST";
    if (isThere)
      throw new Failure(`Cannot write ${path}: it is there already`, "portolan init --force, or -o FILE", { cause });
    throw new Failure(`Cannot write ${path}: ${causeOf(cause)}`, "portolan init -o FILE", { cause });
  }
}
