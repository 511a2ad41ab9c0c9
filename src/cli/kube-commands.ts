/** What the commands about manifests and live clusters need; wired in `workers/kube-commands.ts`. */
import type { Problem } from "../core/objects.ts";

export interface Converted {
  readonly text: string;
  readonly changed: readonly { readonly object: string; readonly changes: readonly string[] }[];
  readonly problems: readonly Problem[];
}

export interface InitOptions {
  readonly name: string;
  /** Empty for all of the kubeconfig. */
  readonly contexts: readonly string[];
  /** Null for the one that kubectl would take. */
  readonly kubeconfig: string | null;
  /** File to write; null writes none. */
  readonly path: string | null;
  readonly force: boolean;
}

export interface Initialised {
  readonly text: string;
  /** A line for each context. */
  readonly found: readonly string[];
}

export interface JoinOptions {
  readonly context: string;
  /** Null: the Cluster's that names the context, or the context's own. */
  readonly name: string | null;
  /** Path of portolan.yaml. */
  readonly config: string;
  readonly kubeconfig: string | null;
  readonly writeBack: boolean;
  /** Control may get the Secrets that `spec.tls` of our Ingresses names, by name. */
  readonly tlsSecrets: boolean;
  readonly tokenSeconds: number;
  readonly renew: boolean;
  readonly dryRun: boolean;
}

export interface UnjoinOptions {
  readonly cluster: string;
  /** Context whose rights remove the objects; null for the one that joined it. */
  readonly context: string | null;
  readonly config: string;
  readonly kubeconfig: string | null;
  /** The cluster is gone for good: nothing is asked of it. */
  readonly lost: boolean;
}

export interface DestroyOptions {
  readonly config: string;
  readonly kubeconfig: string | null;
}

/** Something that Portolan made. */
export interface Owned {
  readonly where: string;
  readonly what: string;
  /** Cluster whose it is; null for what belongs to none. */
  readonly cluster: string | null;
}

/** One line of `portolan doctor`. */
export interface Check {
  readonly what: string;
  readonly result: "ok" | "warn" | "fail";
  /** What was found, as a clause. */
  readonly found: string;
  /** Command that goes on from there; empty when all is well. */
  readonly next: string;
  /** YAML that the next command needs; mostly empty. */
  readonly attachment: string;
}

export interface Examined {
  readonly checks: readonly Check[];
  /** Where control is asked; null when portolan.yaml does not say. */
  readonly admin: string | null;
}

export interface AgentOptions {
  readonly cluster: string;
  /** URL of control. */
  readonly to: string;
  /** File of the private key; its id is the cluster's name. */
  readonly key: string;
  readonly ca: string | null;
  readonly context: string | null;
  readonly kubeconfig: string | null;
  readonly heartbeatMs: number;
}

export interface KubeCommands {
  readonly startAgent: (
    options: AgentOptions,
    deps: { readonly err: (text: string) => void },
  ) => Promise<{ readonly banner: readonly string[]; close(): Promise<void> }>;
  /** Checks portolan.yaml, its manifests, and each cluster with control's credentials. */
  readonly examine: (config: string) => Promise<Examined>;
  /** Name of the joined Cluster that a word means: its own, or its context. */
  readonly joinedName: (config: string, word: string) => Promise<string>;
  /** Takes a Cluster object out of the config source. */
  readonly forget: (where: DestroyOptions, cluster: string, say: (line: string) => void) => Promise<void>;
  /** Removes what join made in the cluster, and its credentials here. */
  readonly unjoin: (options: UnjoinOptions, say: (line: string) => void) => Promise<void>;
  readonly owned: (options: DestroyOptions) => Promise<readonly Owned[]>;
  readonly removeStore: (config: string) => Promise<void>;
  /** Joins a cluster; every step is said before it is taken. */
  readonly join: (options: JoinOptions, say: (line: string) => void) => Promise<void>;
  /** Asks the clusters of a kubeconfig where they are, and writes that down. */
  readonly init: (options: InitOptions) => Promise<Initialised>;
  /** A plain value as YAML. */
  readonly yaml: (value: unknown) => string;
  /** CustomResourceDefinitions of our kinds, as YAML. */
  readonly crds: () => string;
  /** Reads files, directories and `-` for standard input. Rejects when one cannot be read. */
  readonly convert: (paths: readonly string[], className: string | null) => Promise<Converted>;
}
