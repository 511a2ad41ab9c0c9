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
  readonly tokenSeconds: number;
  readonly renew: boolean;
  readonly dryRun: boolean;
}

export interface KubeCommands {
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
