import { objectKey, type Position, type Problem } from "../core/objects.ts";
import type { KnownObject } from "./kinds.ts";
import { isControl, readControlObject, readObject } from "./objects-from.ts";
import { parseManifests } from "./yaml.ts";

/** A file of manifests: its path as people should see it, and its text. */
export interface ManifestFile {
  readonly file: string;
  readonly text: string;
}

/** The objects of one source by `objectKey`, in order of appearance, and every problem of its files. */
export interface ManifestSet {
  readonly objects: ReadonlyMap<string, KnownObject>;
  readonly problems: readonly Problem[];
}

/** What one file says, apart from all others. */
export interface ReadFile {
  readonly text: string;
  readonly objects: readonly { readonly object: KnownObject; readonly namedAt: Position }[];
  readonly problems: readonly Problem[];
}

/** Reads one file; `cluster` is null for the config source. Never throws. */
export function readManifestFile({ file, text }: ManifestFile, cluster: string | null): ReadFile {
  const manifests = parseManifests(text, file);
  const problems: Problem[] = manifests.problems.map((problem) => ({ ...problem, cluster }));
  const objects: ReadFile["objects"][number][] = [];
  for (const { value, positionOf } of manifests.documents) {
    if (cluster === null && isControl(value)) {
      problems.push(...readControlObject(value, { strict: true, cluster, positionOf }).problems);
      continue;
    }
    const { object, problems: found } = readObject(value, { strict: true, cluster, positionOf });
    problems.push(...found);
    if (object !== null) objects.push({ object, namedAt: positionOf(["metadata", "name"]) });
  }
  return { text, objects, problems };
}

/**
 * Reads the files of one source as a whole. Objects with an error are left out. Of two objects with the same kind,
 * namespace and name the first stays and the second is an error. Never throws. `read` may remember files.
 */
export function manifestSet(
  files: readonly ManifestFile[],
  cluster: string | null,
  read: (file: ManifestFile) => ReadFile = (file) => readManifestFile(file, cluster),
): ManifestSet {
  const objects = new Map<string, KnownObject>();
  const problems: Problem[] = [];
  for (const file of files) {
    const { objects: found, problems: own } = read(file);
    for (const problem of own) problems.push(problem);
    for (const { object, namedAt } of found) {
      const { kind, namespace, name } = object.object.meta;
      const key = objectKey(kind, namespace, name);
      const first = objects.get(key);
      if (first === undefined) objects.set(key, object);
      else problems.push(duplicate(object, first.object.meta.position, namedAt, cluster));
    }
  }
  return { objects, problems };
}

function duplicate(second: KnownObject, first: Position | null, position: Position, cluster: string | null): Problem {
  const { kind, namespace, name } = second.object.meta;
  const object = `${kind} ${namespace === "" ? name : `${namespace}/${name}`}`;
  const place = first === null ? "" : `, first at ${first.file}:${first.line}:${first.column}`;
  return {
    severity: "error",
    reason: "DuplicateObject",
    cluster,
    object,
    field: "metadata.name",
    message: `${object} is there twice${place}; remove one`,
    position,
  };
}
