/** What the commands about manifests and live clusters need; wired in `workers/kube-commands.ts`. */
import type { Problem } from "../core/objects.ts";

export interface Converted {
  readonly text: string;
  readonly changed: readonly { readonly object: string; readonly changes: readonly string[] }[];
  readonly problems: readonly Problem[];
}

export interface KubeCommands {
  /** A plain value as YAML. */
  readonly yaml: (value: unknown) => string;
  /** CustomResourceDefinitions of our kinds, as YAML. */
  readonly crds: () => string;
  /** Reads files, directories and `-` for standard input. Rejects when one cannot be read. */
  readonly convert: (paths: readonly string[], className: string | null) => Promise<Converted>;
}
