/** Files read once, for `explain` and `validate`. */
import { stat } from "node:fs/promises";
import { readFile } from "node:fs/promises";
import type { LoadedTree } from "../src/cli/deps.ts";
import { Failure } from "../src/cli/failure.ts";
import { compile } from "../src/core/compile/compile.ts";
import type { Problem } from "../src/core/objects.ts";
import { directoryReaders } from "../src/kube/directory.ts";
import { manifestSet } from "../src/kube/manifest-set.ts";

/** A directory as `portolan edge --from` reads it. */
export async function loadTree(path: string): Promise<LoadedTree> {
  if (!(await isDirectory(path)))
    throw new Failure(
      `Cannot read ${path}: it is not a directory`,
      "--from DIR, with DIR/*.yaml and DIR/<cluster>/*.yaml",
    );
  const directory = await directoryReaders(path);
  try {
    return { config: directory.config.observe(), clusters: directory.clusters().map((reader) => reader.observe()) };
  } finally {
    await directory.close();
  }
}

/** Every problem of a file, or of a directory and of what it compiles to. */
export async function validate(path: string): Promise<readonly Problem[]> {
  if (!(await isDirectory(path)))
    return manifestSet([{ file: path, text: await readFile(path, "utf8") }], null).problems;
  const tree = await loadTree(path);
  const { problems } = compile({ ...tree, previous: null, allowPrivateOrigins: true, nowMs: 0 });
  // Problems of a folder without a Cluster object are not part of what is compiled.
  const compiled = new Set(problems);
  const strays = tree.clusters.flatMap((one) => one.problems).filter((problem) => !compiled.has(problem));
  return [...problems, ...strays, ...unknownFolders(tree)];
}

function unknownFolders({ config, clusters }: LoadedTree): readonly Problem[] {
  const known = new Set(config.objects.clusters.map((one) => one.meta.name));
  if (known.size === 0) return [];
  return clusters.flatMap(({ cluster }): Problem[] => {
    if (cluster === null || known.has(cluster)) return [];
    const message = `Cannot use the folder ${cluster}: no Cluster object has that name, so it is not a member; add one or rename the folder`;
    return [{ severity: "warning", reason: "NotAMember", cluster, object: "", field: "", message, position: null }];
  });
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    throw new Failure(
      `Cannot read ${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
      "check the path",
      { cause },
    );
  }
}
