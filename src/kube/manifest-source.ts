import type { Observation, Problem } from "../core/objects.ts";
import type { FolderContent } from "./folder.ts";
import { kubeObjects } from "./kinds.ts";
import { type ManifestFile, manifestSet, type ReadFile, readManifestFile } from "./manifest-set.ts";

/** What is known of one source of files: the last state, and how the next content of its folder changes it. */
export interface ManifestSource {
  observe(): Observation;
  /**
   * Takes in what the folder holds now, null for "as before". True when `observe` answers something else since then.
   * `more` are problems that do not stand in the files.
   */
  update(content: FolderContent | null, more?: readonly Problem[]): boolean;
}

/**
 * State of one folder of manifests.
 *
 * | the folder now | answer |
 * |---|---|
 * | can be read, no error | the new objects; those that went are `deleted` |
 * | an error, after a good state | the old objects, reachable, the new problems |
 * | an error, never a good state | the objects without error, not complete |
 * | unreadable, gone, or its last file gone | the old objects, not reachable |
 */
export function manifestSource(cluster: string | null, now: () => number): ManifestSource {
  let last: Observation = {
    cluster,
    reachable: false,
    complete: false,
    observedAtMs: 0,
    error: null,
    objects: kubeObjects([]),
    deleted: new Set(),
    problems: [],
    claimClassless: true,
  };
  let keys: ReadonlySet<string> = new Set();
  let filesWithText: ReadonlySet<string> = new Set();
  let seen = "";
  // YAML of 10 000 objects takes seconds to read: a change of one file reads that file alone.
  let readBefore: ReadonlyMap<string, ReadFile> = new Map();

  function takeIn(files: readonly ManifestFile[], more: readonly Problem[]): void {
    const read = new Map<string, ReadFile>();
    const set = manifestSet(files, cluster, (file) => {
      const known = readBefore.get(file.file);
      const now = known?.text === file.text ? known : readManifestFile(file, cluster);
      read.set(file.file, now);
      return now;
    });
    readBefore = read;
    const emptied = files.filter(({ file, text }) => text.trim() === "" && filesWithText.has(file));
    const problems = [...set.problems, ...emptied.map(({ file }) => emptiedFile(file, cluster)), ...more];
    const isGood = !problems.some(({ severity }) => severity === "error");
    const deleted = new Set(last.deleted);
    if (isGood) {
      for (const key of keys) if (!set.objects.has(key)) deleted.add(key);
      for (const key of set.objects.keys()) deleted.delete(key);
      keys = new Set(set.objects.keys());
      filesWithText = new Set(files.filter(({ text }) => text.trim() !== "").map(({ file }) => file));
    }
    const objects = isGood || !last.complete ? kubeObjects(set.objects.values()) : last.objects;
    const complete = isGood || last.complete;
    last = { ...last, reachable: true, complete, error: null, objects, deleted, problems };
  }

  return {
    observe: () => last,
    update(content, more = []) {
      const lost = lossOf(content, filesWithText.size > 0, cluster);
      if (lost !== null) {
        const changed = last.reachable || last.error !== lost;
        last = { ...last, reachable: false, error: lost };
        seen = "";
        return changed;
      }
      // An unreadable folder has no signature, so that "as before" means as before and readable.
      if (content?.ok) {
        const text = JSON.stringify([content.files, more]);
        if (text !== seen) {
          seen = text;
          takeIn(content.files, more);
          last = { ...last, observedAtMs: now() };
          return true;
        }
      }
      last = { ...last, observedAtMs: now() };
      return false;
    },
  };
}

function lossOf(content: FolderContent | null, hadFiles: boolean, cluster: string | null): string | null {
  if (content === null) return null;
  if (!content.ok) return content.error;
  if (content.files.length > 0 || !hadFiles) return null;
  const whose = cluster === null ? "the config source" : `cluster ${JSON.stringify(cluster)}`;
  return `Cannot read ${whose}: its last manifest file is gone`;
}

/** Editors and `>` empty a file before they write it; taking that for a deletion would drop live routes. */
function emptiedFile(file: string, cluster: string | null): Problem {
  return {
    severity: "error",
    reason: "EmptiedFile",
    cluster,
    object: "",
    field: "",
    message: `Cannot take ${file} as it is: it became empty; delete the file to remove its objects`,
    position: { file, line: 1, column: 1 },
  };
}
