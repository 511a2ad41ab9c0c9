import { type KubeObjects, objectKey, type Problem } from "../core/objects.ts";
import { type Kind, type KnownObject, kinds, kubeObjects } from "./kinds.ts";
import { readObject } from "./objects-from.ts";
import { isRecord } from "./plain.ts";

/** The projected objects of one cluster, kept current from lists and events. */
export interface ApiObjects {
  /** Replaces all objects of a kind. */
  replace(kind: string, items: readonly unknown[]): void;
  store(kind: string, item: unknown): void;
  /** An observed deletion. */
  remove(kind: string, item: unknown): void;
  objects(): KubeObjects;
  problems(): readonly Problem[];
  deleted(): ReadonlySet<string>;
}

/** Deletions are remembered to explain a removal soon after; slices that come and go for years need no more. */
const maxDeleted = 10_000;

/** No objects yet. An object that cannot be read is left out, with problems. */
export function apiObjects(cluster: string | null): ApiObjects {
  const known = new Map<string, Map<string, KnownObject>>();
  const problems = new Map<string, readonly Problem[]>();
  const deleted = new Set<string>();
  let lists: KubeObjects | null = null;

  function ofKind(kind: string): Map<string, KnownObject> {
    const found = known.get(kind) ?? new Map<string, KnownObject>();
    known.set(kind, found);
    return found;
  }

  function store(kindName: string, item: unknown): void {
    const kind = kinds.get(kindName);
    if (kind === undefined) throw new RangeError(`Cannot store an object of kind ${kindName}: it is not a known kind`);
    // The items of a list do not repeat its kind and version.
    const whole = isRecord(item)
      ? { ...item, kind: kind.kind, apiVersion: item["apiVersion"] ?? kind.apiVersions[0] }
      : item;
    const { object, problems: found } = readObject(whole, { strict: false, cluster });
    const key =
      object === null ? keyOf(kind, item) : objectKey(kindName, object.object.meta.namespace, object.object.meta.name);
    if (found.length > 0) problems.set(key, found);
    else problems.delete(key);
    if (object === null) ofKind(kindName).delete(key);
    else ofKind(kindName).set(key, object);
    deleted.delete(key);
    lists = null;
  }

  return {
    store,
    replace(kind, items) {
      ofKind(kind).clear();
      for (const key of problems.keys()) if (key.startsWith(`${kind}/`)) problems.delete(key);
      lists = null;
      for (const item of items) store(kind, item);
    },
    remove(kindName, item) {
      const kind = kinds.get(kindName);
      if (kind === undefined) return;
      const key = keyOf(kind, item);
      ofKind(kindName).delete(key);
      problems.delete(key);
      // Put at the end, so that the oldest deletions are the first to be forgotten.
      deleted.delete(key);
      deleted.add(key);
      for (const oldest of deleted) {
        if (deleted.size <= maxDeleted) break;
        deleted.delete(oldest);
      }
      lists = null;
    },
    objects: () => (lists ??= kubeObjects([...known.values()].flatMap((objects) => [...objects.values()]))),
    problems: () => [...problems.values()].flat(),
    deleted: () => new Set(deleted),
  };
}

function keyOf(kind: Kind, item: unknown): string {
  const metadata = isRecord(item) && isRecord(item["metadata"]) ? item["metadata"] : {};
  const { namespace, name } = metadata;
  const given = typeof namespace === "string" ? namespace : "default";
  return objectKey(kind.kind, kind.namespaced ? given : "", typeof name === "string" ? name : "");
}
