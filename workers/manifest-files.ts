/** Manifests that a command is given: files, directories, and `-` for standard input. */
import { readFile, stat } from "node:fs/promises";
import { Failure } from "../src/cli/failure.ts";
import { causeOf } from "../src/core/cause.ts";
import { readFolder } from "../src/kube/folder.ts";
import type { ManifestFile } from "../src/kube/manifest-set.ts";

/** Reads all of them, in order. Fails at the first that cannot be read, or is a directory without a manifest. */
export async function readManifestFiles(
  paths: readonly string[],
  readStdin: () => Promise<string>,
): Promise<readonly ManifestFile[]> {
  const files: ManifestFile[] = [];
  for (const path of paths) files.push(...(await readOne(path, readStdin)));
  return files;
}

async function readOne(path: string, readStdin: () => Promise<string>): Promise<readonly ManifestFile[]> {
  if (path === "-") return [{ file: "stdin", text: await readStdin() }];
  try {
    if (!(await stat(path)).isDirectory()) return [{ file: path, text: await readFile(path, "utf8") }];
  } catch (cause) {
    throw new Failure(`Cannot read ${path}: ${causeOf(cause)}`, `ls -l ${path}`, { cause });
  }
  const folder = await readFolder(path, null);
  if (folder?.ok && folder.files.length > 0) return folder.files;
  const why = folder?.ok === false ? folder.error : `Cannot read ${path}: no *.yaml, *.yml or *.json is in it`;
  throw new Failure(why, `ls -l ${path}`);
}
