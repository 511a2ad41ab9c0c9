/** Cluster objects of the config source: files beside portolan.yaml, or objects of a config cluster. */
import { Failure } from "../src/cli/failure.ts";
import { causeOf } from "../src/core/cause.ts";
import { commentedYaml } from "../src/core/join/commented-yaml.ts";
import { clusterLines, type InitCluster } from "../src/core/join/init-file.ts";
import { contextAccess } from "../src/kube/access/context-access.ts";
import type { Kubeconfig } from "../src/kube/access/kubeconfig.ts";
import { type ApiClient, apiClient } from "../src/kube/api-client.ts";
import {
  addCluster,
  clusterOf,
  type ConfiguredCluster,
  type ControlPlace,
  readControlPlace,
  removeCluster,
} from "../src/kube/join/config-source.ts";
import { isRecord } from "../src/kube/plain.ts";
import { parseManifests } from "../src/kube/yaml.ts";
import { openKubeconfig } from "./kube-init.ts";

const TIMEOUT_MS = 10_000;
const PATH = "/apis/portolan.dev/v1alpha1/clusters";

/** portolan.yaml with the Clusters that its config source has, or what a person has to do to have one. */
export async function openPlace(config: string, kubeconfig: string | null): Promise<ControlPlace> {
  const place = await readControlPlace(config).catch((cause: unknown) => {
    throw new Failure(causeOf(cause), "portolan init, or --config FILE", { cause });
  });
  const { context } = place;
  if (context === null) return place;
  return await withClient(await openKubeconfig(kubeconfig), context, async (client) => {
    const listed = await client.list(PATH);
    if (!listed.ok) {
      const next =
        listed.status === 404
          ? `portolan schema --crds | kubectl --context ${context} apply --server-side -f -`
          : `kubectl --context ${context} get clusters.portolan.dev`;
      throw new Failure(`Cannot read the config cluster ${context}: ${listed.message ?? listed.cause}`, next);
    }
    return {
      ...place,
      clusters: listed.items.flatMap((item) => clusterOf(item, `the config cluster ${context}`) ?? []),
    };
  });
}

/** Adds a Cluster; where it is now. */
export async function writeCluster(place: ControlPlace, cluster: InitCluster, kubeconfig: Kubeconfig): Promise<string> {
  const { context } = place;
  if (context === null) return await addCluster(place, cluster);
  const [document] = parseManifests(commentedYaml(clusterLines(cluster)), cluster.name).documents;
  const object = isRecord(document?.value) ? document.value : {};
  await withClient(kubeconfig, context, async (client) => {
    const made = await client.apply(`${PATH}/${cluster.name}`, object);
    if (!made.ok)
      throw new Failure(`Cannot make Cluster ${cluster.name}: ${made.message ?? made.cause}`, "portolan join again");
  });
  return `the config cluster ${context}`;
}

/** Takes a Cluster away from where it is. */
export async function dropCluster(
  place: ControlPlace,
  cluster: ConfiguredCluster,
  kubeconfig: string | null,
): Promise<void> {
  const { context } = place;
  if (context === null) return await removeCluster(cluster);
  await withClient(await openKubeconfig(kubeconfig), context, async (client) => {
    const gone = await client.delete(`${PATH}/${cluster.name}`);
    if (!gone.ok && gone.status !== 404) {
      throw new Failure(
        `Cannot remove Cluster ${cluster.name}: ${gone.message ?? gone.cause}`,
        "portolan unjoin again",
      );
    }
  });
}

/** A client with the credentials of a person's own context. */
export function openClient(kubeconfig: Kubeconfig, context: string): ApiClient {
  try {
    return apiClient(contextAccess(kubeconfig, context), { timeoutMs: TIMEOUT_MS });
  } catch (cause) {
    throw new Failure(causeOf(cause), "kubectl config get-contexts", { cause });
  }
}

async function withClient<T>(
  kubeconfig: Kubeconfig,
  context: string,
  act: (client: ApiClient) => Promise<T>,
): Promise<T> {
  const client = openClient(kubeconfig, context);
  try {
    return await act(client);
  } finally {
    await client.close();
  }
}
