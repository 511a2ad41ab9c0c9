/** What control reads: the config source, and one reader for each member cluster. Wiring only. */
import { causeOf } from "../src/core/cause.ts";
import { Failure } from "../src/cli/failure.ts";
import { lastObservations } from "../src/control/last-observations.ts";
import { type Contexts, openContexts } from "../src/kube/access/contexts.ts";
import type { ApiAccess } from "../src/kube/access/access.ts";
import { inClusterAccess } from "../src/kube/access/in-cluster.ts";
import { apiReader } from "../src/kube/api-reader.ts";
import type { Agents } from "../src/kube/agent/agents.ts";
import { directoryReaders } from "../src/kube/directory.ts";
import { memberReaders } from "../src/kube/members.ts";
import type { ObjectReader } from "../src/kube/reader.ts";
import { CONFIG_RESOURCES } from "../src/kube/resources.ts";
import type { ControlSettings } from "../src/kube/schema/control.ts";
import type { Store } from "../src/store/store.ts";
import { openAgents } from "./agent.ts";
import { cloudTokens, cloudTokenSettings } from "./cloud-tokens.ts";

/** Asked so often whether an API lives, beside its watches; three silent answers are one unreachable cluster. */
const LIVENESS_MS = 2_000;
/** Kubeconfig files are compared so often. */
const CREDENTIALS_MS = 10_000;

export interface Sources {
  readonly config: ObjectReader;
  /** Readers of the members, as they are now. */
  readonly readers: () => readonly ObjectReader[];
  /** The way to a cluster's API with control's credentials, null for the config cluster; null when there is none. */
  accessOf(cluster: string | null): ApiAccess | null;
  /** Whether an agent tells what the cluster holds. */
  isAgent(cluster: string): boolean;
  /** Who takes what agents send; null when there are none. */
  readonly agents: Agents | null;
  /** Called when any of them observes something else, or when there are others. */
  onChange(listener: () => void): void;
  close(): Promise<void>;
}

interface ConfigSource {
  readonly reader: ObjectReader;
  /** Readers of the folders beside the config source. */
  readonly folders: () => readonly ObjectReader[];
  onFolders(listener: () => void): void;
  close(): Promise<void>;
}

/** Opens everything; resolves when each source has been tried once. */
export async function openSources(
  { settings, store }: { readonly settings: ControlSettings; readonly store: Store },
  log: (line: string) => void,
): Promise<Sources> {
  const places = { env: process.env, now: Date.now };
  const made = cloudTokenSettings(settings.cloudTokens, places);
  const contexts = await openContexts(settings.kubeconfig, made === null ? {} : { tokens: cloudTokens(made, places) });
  const inCluster = await inClusterAccess();
  const source = await openConfig(settings.config, contexts);
  const { claimClassless } = settings;
  const told = await openAgents(settings, store);
  const members = memberReaders({
    contexts,
    inCluster: inClusterAccess,
    open: (access) => apiReader(access, { claimClassless, livenessIntervalMs: LIVENESS_MS }),
  });
  // Until the config source has been read again, the Cluster objects of before the restart count.
  const remembered = lastObservations(store);
  await remembered.recall(null).catch((error: unknown) => log(`Cannot recall the config source: ${causeOf(error)}`));
  const clusters = () => remembered.complete(source.reader.observe()).objects.clusters;
  const keep = () =>
    Promise.all([members.keep(clusters()), told?.keep(clusters())])
      .then(() => undefined)
      .catch((error: unknown) => log(`Cannot follow the clusters: ${causeOf(error)}`));

  const folders = () => {
    const named = new Set(clusters().flatMap(({ meta, access }) => ((access ?? null) === null ? [meta.name] : [])));
    return source.folders().filter(({ cluster }) => cluster !== null && named.has(cluster));
  };
  const listeners: (() => void)[] = [];
  const tell = () => {
    for (const listener of listeners) listener();
  };
  members.onChange(tell);
  told?.onChange(tell);
  source.reader.onChange(() => {
    void keep();
    tell();
  });
  const followed = new Set<ObjectReader>();
  const followFolders = () => {
    for (const folder of source.folders()) if (!followed.has(folder)) folder.onChange(tell);
    for (const folder of source.folders()) followed.add(folder);
    tell();
  };
  source.onFolders(followFolders);
  followFolders();
  await keep();
  const timer = setInterval(() => {
    contexts.refresh().then(
      (isOther) => (isOther ? keep() : undefined),
      () => undefined,
    );
  }, CREDENTIALS_MS);
  return {
    config: source.reader,
    readers: () => [...members.readers(), ...(told?.readers() ?? []), ...folders()],
    agents: told,
    accessOf(cluster) {
      const own =
        cluster === null ? settings.config : (clusters().find(({ meta }) => meta.name === cluster)?.access ?? null);
      if (own === "in-cluster") return inCluster;
      // What an agent tells is read only: nothing can be written through it.
      if (own === null || typeof own === "string" || !("context" in own)) return null;
      const found = contexts.access(own.context);
      return found.ok ? found.access : null;
    },
    isAgent: (cluster) => clusters().some(({ meta, access }) => meta.name === cluster && access === "agent"),
    onChange: (listener) => void listeners.push(listener),
    async close() {
      clearInterval(timer);
      await members.close();
      await told?.close();
      await source.close();
    },
  };
}

async function openConfig(config: ControlSettings["config"], contexts: Contexts): Promise<ConfigSource> {
  if (typeof config === "object" && "directory" in config) {
    const directory = await directoryReaders(config.directory);
    return {
      reader: directory.config,
      folders: directory.clusters,
      onFolders: directory.onClusters,
      close: directory.close,
    };
  }
  const access = config === "in-cluster" ? await inClusterAccess() : contexts.access(config.context);
  if (access === null)
    throw new Failure("Cannot read the config cluster: this process runs in no pod", "spec.config.context: NAME");
  if ("ok" in access && !access.ok) throw new Failure(access.message, "spec.config.context: NAME of a context");
  const way = "ok" in access ? access.access : access;
  const reader = apiReader({ ...way, cluster: null }, { resources: CONFIG_RESOURCES, livenessIntervalMs: LIVENESS_MS });
  await reader.start();
  return { reader, folders: () => [], onFolders: () => undefined, close: reader.close };
}
