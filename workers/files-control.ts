/** Control over a directory of manifests, joined to whatever reads the store. */
import type { LoadedTree } from "../src/cli/deps.ts";
import { problemText } from "../src/cli/problem-text.ts";
import { type RunningControl, runControl } from "../src/control/control.ts";
import type { ReconcileResult } from "../src/control/reconcile.ts";
import type { Problem } from "../src/core/objects.ts";
import type { ManifestDirectory } from "../src/kube/directory.ts";
import { sha256HexOnNode } from "../src/store/sha256-node.ts";
import type { Store } from "../src/store/store.ts";
import type { Keep } from "./keep.ts";
import { notMembers } from "./manifests.ts";

export interface FilesControlOptions {
  readonly allowPrivateOrigins: boolean;
  /** Fleet that what is published is for. */
  readonly audience: string;
  readonly err: (text: string) => void;
  readonly onResult?: (result: ReconcileResult) => void;
}

/** Starts it over a store. */
export async function filesControl(
  directory: ManifestDirectory,
  store: Store,
  { allowPrivateOrigins, audience, err, onResult }: FilesControlOptions,
  keep: Keep,
): Promise<RunningControl> {
  const sayOnce = changedProblems(err);
  const control = keep(
    await runControl(
      {
        store,
        config: directory.config,
        clusters: directory.clusters,
        digest: sha256HexOnNode,
        sign: null,
        verify: null,
        now: Date.now,
      },
      {
        audience,
        allowPrivateOrigins,
        debounceMs: 10,
        intervalMs: 5000,
        onResult(result) {
          sayOnce([...result.problems, ...notMembers(treeOf(directory))]);
          onResult?.(result);
        },
        onError: (error) => err(`Cannot reconcile: ${String(error)}\n`),
      },
    ),
  );
  directory.onClusters(() => {
    for (const reader of directory.clusters()) control.watch(reader);
    control.trigger();
  });
  return control;
}

/** Prints problems when they change, not at every reconcile. */
export function changedProblems(err: (text: string) => void): (problems: readonly Problem[]) => void {
  let before = "";
  return (problems) => {
    const text = problems.map((problem) => `${problemText(problem)}\n`).join("");
    if (text !== before && text !== "") err(text);
    before = text;
  };
}

/** What a directory holds now. */
export function treeOf(directory: ManifestDirectory): LoadedTree {
  return { config: directory.config.observe(), clusters: directory.clusters().map((reader) => reader.observe()) };
}
