/** `portolan unjoin` and `portolan destroy`: what join made goes, first in the cluster, then here. */
import { rm, rmdir, stat } from "node:fs/promises";
import { Failure } from "../src/cli/failure.ts";
import type { DestroyOptions, Owned, UnjoinOptions } from "../src/cli/kube-commands.ts";
import { causeOf } from "../src/core/cause.ts";
import type { ApiClient } from "../src/kube/api-client.ts";
import { type ControlPlace, readControlPlace } from "../src/kube/join/config-source.ts";
import { everMade, removeObjects } from "../src/kube/join/join.ts";
import { type JoinedCluster, joinedClusters, KUBECONFIG } from "../src/kube/join/joined.ts";
import { releaseStatuses } from "../src/kube/write-back.ts";
import { openKubeconfig } from "./kube-init.ts";
import { dropCluster, openClient, openPlace } from "./kube-config.ts";

/** Which Cluster an argument means: its name, or the context it was joined by. */
export async function findJoined(config: string, word: string): Promise<JoinedCluster> {
  const place = await folderOf(config);
  const all = await joinedClusters(place.folder).list();
  const found = all.find(({ name }) => name === word) ?? all.find(({ context }) => context === word);
  if (found !== undefined) return found;
  const known = all.map(({ name }) => name).join(", ");
  throw new Failure(
    `Cannot unjoin "${word}": ${known === "" ? "no cluster is joined" : `joined are ${known}`}`,
    known === "" ? "portolan join CONTEXT" : "portolan unjoin NAME",
  );
}

/** Takes the cluster out of the config source, so that its removal is explained when its credentials go. */
export async function forgetCluster(
  { config, kubeconfig }: DestroyOptions,
  name: string,
  say: (line: string) => void,
): Promise<void> {
  const place = await openPlace(config, kubeconfig);
  const cluster = place.clusters.find((one) => one.name === name);
  if (cluster === undefined) return say(`Cluster      ${name} was gone already`);
  await dropCluster(place, cluster, kubeconfig);
  say(`Cluster      ${name} is out of ${cluster.file}`);
}

/** Removes what join made, and compares: fails when something of it is left. */
export async function unjoin(options: UnjoinOptions, say: (line: string) => void): Promise<void> {
  const place = await folderOf(options.config);
  const cluster = await findJoined(options.config, options.cluster);
  if (options.lost) say(`in the cluster nothing is done: it is lost`);
  else await cleanCluster(options, cluster, say);
  await joinedClusters(place.folder).remove(cluster.name);
  say(`credentials  of ${cluster.name} are gone from ${KUBECONFIG}`);
}

async function cleanCluster(
  options: UnjoinOptions,
  cluster: JoinedCluster,
  say: (line: string) => void,
): Promise<void> {
  const client = openClient(await openKubeconfig(options.kubeconfig), options.context ?? cluster.context);
  try {
    const released = cluster.writeBack ? await releaseStatuses(client) : [];
    const removals = await removeObjects(client, cluster.name);
    const lost = `portolan unjoin ${cluster.name} --lost, when the cluster is gone for good`;
    if ("ok" in removals) throw new Failure(`Cannot unjoin ${cluster.name}: ${removals.cause}`, lost);
    say("in the cluster");
    for (const path of released) say(`  given up ${path}/status`);
    for (const { path, result, why } of removals)
      if (result !== "was gone") say(`  ${result.padEnd(8)} ${path}${why === "" ? "" : `: ${why}`}`);
    const failed = removals.filter(({ result }) => result === "failed");
    if (failed.length > 0)
      throw new Failure(
        `Cannot remove ${failed.map(({ path }) => path).join(", ")}`,
        "portolan unjoin again, which goes on where this ended",
      );
    const left = await ownedIn(client, cluster);
    const kept = new Set(removals.flatMap(({ path, result }) => (result === "left" ? [path] : [])));
    const surprising = left.filter((path) => !kept.has(path));
    // A namespace goes in its own time, with everything in it.
    const pending = surprising.filter((path) => path.includes("/namespaces/portolan-system"));
    if (surprising.length > pending.length) {
      throw new Failure(
        `Cannot unjoin ${cluster.name}: ${surprising.join(", ")} is there still`,
        "portolan unjoin again",
      );
    }
    say(left.length === 0 ? "  nothing of ours is left" : `  left: ${left.join(", ")}`);
  } finally {
    await client.close();
  }
}

/** Paths of what is ours in a cluster. */
async function ownedIn(client: ApiClient, { name }: JoinedCluster): Promise<readonly string[]> {
  const planned = await everMade(client, name);
  if ("ok" in planned) throw new Failure(`Cannot see what is left: ${planned.cause}`, "portolan unjoin again");
  return planned.flatMap(({ path, action }) => (action === "create" || action === "clash" ? [] : [path]));
}

/** Everything that Portolan owns, everywhere it can see. */
export async function owned(options: DestroyOptions): Promise<readonly Owned[]> {
  const place = await openPlace(options.config, options.kubeconfig);
  const kubeconfig = await openKubeconfig(options.kubeconfig);
  const list: Owned[] = [];
  for (const cluster of await joinedClusters(place.folder).list()) {
    const client = openClient(kubeconfig, cluster.context);
    try {
      const paths = await ownedIn(client, cluster);
      list.push(...paths.map((what): Owned => ({ where: `cluster ${cluster.name}`, what, cluster: cluster.name })));
    } finally {
      await client.close();
    }
    list.push({ where: "here", what: `credentials of ${cluster.name}`, cluster: cluster.name });
  }
  for (const { name, file } of place.clusters)
    list.push({ where: "here", what: `Cluster ${name} in ${file}`, cluster: name });
  if (await hasStore(place)) list.push({ where: "here", what: `the store ${storeOf(place)}`, cluster: null });
  return list;
}

/** Removes the local store, which is the last thing that edges could still read. */
export async function removeStore(config: string): Promise<void> {
  const place = await folderOf(config);
  const store = storeOf(place);
  if (store === null) return;
  await rm(store, { recursive: true, force: true });
  // Only when nothing else, such as a key, is kept there.
  await rmdir(`${place.folder}/.portolan`).catch(() => undefined);
}

async function hasStore(place: ControlPlace): Promise<boolean> {
  const store = storeOf(place);
  if (store === null) return false;
  return await stat(store).then(
    () => true,
    () => false,
  );
}

function storeOf({ folder, store }: ControlPlace): string | null {
  return store === null ? null : store.startsWith("/") ? store : `${folder}/${store}`;
}

/** portolan.yaml without a look at a config cluster. */
async function folderOf(config: string): Promise<ControlPlace> {
  return await readControlPlace(config).catch((cause: unknown) => {
    throw new Failure(causeOf(cause), "portolan init, or --config FILE", { cause });
  });
}
