/**
 * The credentials of joined clusters on disk: `.portolan/clusters.kubeconfig`, a kubeconfig like any other, whose users
 * have token files under `.portolan/tokens/`. Only their owner may read them.
 */
import { mkdir, readFile, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isRecord } from "../plain.ts";
import { parseManifests } from "../yaml.ts";
import { yamlText } from "../yaml-text.ts";
import { textAt } from "./facts.ts";

/** Relative to the folder of portolan.yaml. */
export const KUBECONFIG = ".portolan/clusters.kubeconfig";

export interface JoinedCluster {
  /** Name of the Cluster object. */
  readonly name: string;
  /** Name of the context, the same as in the kubeconfig of whoever joined it. */
  readonly context: string;
  /** Fields of a kubeconfig's cluster: server, authority and how to get there. */
  readonly access: Readonly<Record<string, unknown>>;
  /** Of the cluster's kube-system; null when it could not be read. */
  readonly uid: string | null;
  /** May control write status and events there? */
  readonly writeBack: boolean;
}

export interface JoinedClusters {
  list(): Promise<readonly JoinedCluster[]>;
  put(cluster: JoinedCluster): Promise<void>;
  /** Forgets the cluster and its token; with the last one the files and folders go too. */
  remove(name: string): Promise<void>;
  token(name: string): Promise<string | null>;
  putToken(name: string, token: string): Promise<void>;
}

const EXTENSION = "portolan.dev/joined";

/** Of the folder in which portolan.yaml is. */
export function joinedClusters(folder: string): JoinedClusters {
  const file = join(folder, KUBECONFIG);
  const tokenFile = (name: string) => join(folder, ".portolan/tokens", name);

  async function list(): Promise<readonly JoinedCluster[]> {
    const text = await readFile(file, "utf8").catch(nothingThere);
    const value = text === null ? null : parseManifests(text, file).documents[0]?.value;
    const contexts: readonly unknown[] = isRecord(value) && Array.isArray(value["contexts"]) ? value["contexts"] : [];
    const clusters: readonly unknown[] = isRecord(value) && Array.isArray(value["clusters"]) ? value["clusters"] : [];
    return contexts.flatMap((context) => joinedOf(context, clusters) ?? []);
  }

  async function save(all: readonly JoinedCluster[]): Promise<void> {
    if (all.length > 0) return await replaceFile(file, yamlText([kubeconfigOf(all)]));
    await rm(file, { force: true });
    // Not when something else is kept there.
    for (const empty of [".portolan/tokens", ".portolan"]) await rmdir(join(folder, empty)).catch(() => undefined);
  }

  return {
    list,
    async put(cluster) {
      const others = (await list()).filter(({ name }) => name !== cluster.name);
      await save([...others, cluster]);
    },
    async remove(name) {
      await rm(tokenFile(name), { force: true });
      await save((await list()).filter((one) => one.name !== name));
    },
    token: async (name) => (await readFile(tokenFile(name), "utf8").catch(nothingThere))?.trim() ?? null,
    putToken: async (name, token) => await replaceFile(tokenFile(name), `${token}\n`),
  };
}

function kubeconfigOf(all: readonly JoinedCluster[]): object {
  const sorted = all.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return {
    apiVersion: "v1",
    kind: "Config",
    contexts: sorted.map(({ name, context, uid, writeBack }) => ({
      name: context,
      context: {
        cluster: name,
        user: name,
        extensions: [{ name: EXTENSION, extension: { cluster: name, uid, writeBack } }],
      },
    })),
    clusters: sorted.map(({ name, access }) => ({ name, cluster: access })),
    users: sorted.map(({ name }) => ({ name, user: { tokenFile: `tokens/${name}` } })),
  };
}

function joinedOf(value: unknown, clusters: readonly unknown[]): JoinedCluster | null {
  if (!isRecord(value) || !isRecord(value["context"])) return null;
  const { extensions } = value["context"];
  const ours = Array.isArray(extensions) ? extensions.find((one) => isRecord(one) && one["name"] === EXTENSION) : null;
  const context = textAt(value, "name");
  if (!isRecord(ours) || !isRecord(ours["extension"]) || context === null) return null;
  const name = textAt(ours["extension"], "cluster");
  const cluster = clusters.find((one) => isRecord(one) && one["name"] === name);
  if (name === null || !isRecord(cluster) || !isRecord(cluster["cluster"])) return null;
  const uid = textAt(ours["extension"], "uid");
  return { name, context, access: cluster["cluster"], uid, writeBack: ours["extension"]["writeBack"] === true };
}

/** Whole or not at all: control may read it at any moment. */
async function replaceFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const scratch = `${path}.${process.pid}.new`;
  await writeFile(scratch, text, { mode: 0o600 });
  await rename(scratch, path);
}

function nothingThere(cause: unknown): null {
  if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return null;
  throw cause;
}
