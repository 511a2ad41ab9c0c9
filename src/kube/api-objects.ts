import { type KubeObjects, objectKey, type ObjectMeta, type Problem } from "../core/objects.ts";
import { type Kind, kinds, kubeObjects } from "./kinds.ts";
import { readObject } from "./objects-from.ts";
import { isRecord } from "./plain.ts";
import { type SortedObjects, sortedObjects } from "./sorted-objects.ts";

/** The projected objects of one cluster, kept current from lists and events. */
export interface ApiObjects {
  /** Begins a list of a kind, aside: a page is read when it comes, so that a long list is never held whole. */
  begin(kind: string): void;
  page(kind: string, items: readonly unknown[]): void;
  /** Replaces all objects of the kind by those of the pages. */
  commit(kind: string): void;
  /** False when it says nothing new: a Node tells every few minutes that it is still alive. */
  store(kind: string, item: unknown): boolean;
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
  const known = new Map<string, OneKind>();
  const listed = new Map<string, OneKind>();
  const deleted = new Map<string, Gone>();
  let lists: KubeObjects | null = null;

  function ofKind(all: Map<string, OneKind>, kind: string): OneKind {
    const found = all.get(kind) ?? { objects: sortedObjects(), problems: new Map() };
    all.set(kind, found);
    return found;
  }

  function read(into: OneKind, kindName: string, item: unknown): void {
    const kind = kindOf(kindName);
    const key = keyOf(kind, item);
    if (isOld(item, into.objects.get(key)?.object.meta ?? deleted.get(key) ?? null)) return;
    // The items of a list do not repeat its kind and version.
    const whole = isRecord(item)
      ? { ...item, kind: kind.kind, apiVersion: item["apiVersion"] ?? kind.apiVersions[0] }
      : item;
    const { object, problems } = readObject(whole, { strict: false, cluster });
    if (problems.length > 0) into.problems.set(key, problems);
    else into.problems.delete(key);
    if (object === null) into.objects.delete(key);
    else into.objects.set(key, object);
    deleted.delete(key);
  }

  return {
    begin: (kind) => void listed.delete(kind),
    page(kind, items) {
      for (const item of items) read(ofKind(listed, kind), kind, item);
    },
    commit(kind) {
      known.set(kind, ofKind(listed, kind));
      listed.delete(kind);
      lists = null;
    },
    store(kind, item) {
      const { objects } = ofKind(known, kind);
      const key = keyOf(kindOf(kind), item);
      const before = objects.get(key)?.object ?? null;
      read(ofKind(known, kind), kind, item);
      if (CHATTY.has(kind) && isSame(before, objects.get(key)?.object ?? null)) return false;
      lists = null;
      return true;
    },
    remove(kindName, item) {
      const kind = kinds.get(kindName);
      if (kind === undefined) return;
      const key = keyOf(kind, item);
      const { objects, problems } = ofKind(known, kindName);
      if (isOld(item, objects.get(key)?.object.meta ?? null)) return;
      objects.delete(key);
      problems.delete(key);
      // Put at the end, so that the oldest deletions are the first to be forgotten.
      deleted.delete(key);
      deleted.set(key, { uid: metaText(item, "uid"), resourceVersion: metaText(item, "resourceVersion") });
      for (const oldest of deleted.keys()) {
        if (deleted.size <= maxDeleted) break;
        deleted.delete(oldest);
      }
      lists = null;
    },
    objects: () => (lists ??= joined([...known.values()].map(({ objects }) => objects))),
    problems: () => [...known.values()].flatMap(({ problems }) => [...problems.values()].flat()),
    deleted: () => new Set(deleted.keys()),
  };
}

/** Of sorted lists: those of kinds that did not change are the same as before. */
function joined(all: readonly SortedObjects[]): KubeObjects {
  const lists = all.map((one) => [one.belongsTo(), one.list()] as const).filter(([name]) => name !== null);
  return { ...kubeObjects([]), ...(Object.fromEntries(lists) as Partial<KubeObjects>) };
}

function kindOf(name: string): Kind {
  const kind = kinds.get(name);
  if (kind === undefined) throw new RangeError(`Cannot store an object of kind ${name}: it is not a known kind`);
  return kind;
}

/** Kinds whose objects change all the time in what is not read. */
const CHATTY: ReadonlySet<string> = new Set(["Node", "Namespace"]);

function isSame(before: { readonly meta: ObjectMeta } | null, now: { readonly meta: ObjectMeta } | null): boolean {
  if (before === null || now === null) return before === now;
  const text = (one: { readonly meta: ObjectMeta }) =>
    JSON.stringify({ ...one, meta: { ...one.meta, resourceVersion: null } });
  return text(before) === text(now);
}

interface OneKind {
  readonly objects: SortedObjects;
  readonly problems: Map<string, readonly Problem[]>;
}

/** What is remembered of a deleted object, and known of one that is there. */
interface Gone {
  readonly uid: string | null;
  readonly resourceVersion: string | null;
}

/**
 * Whether an event about an object is from before what is known of it. Versions are compared only of the same object
 * and only where both are numbers, as Kubernetes has promised them to be since 1.35.
 */
function isOld(item: unknown, known: Gone | null): boolean {
  if (known === null || known.uid === null || known.uid !== metaText(item, "uid")) return false;
  const [before, now] = [known.resourceVersion ?? "", metaText(item, "resourceVersion") ?? ""];
  if (!/^\d+$/.test(before) || !/^\d+$/.test(now)) return false;
  return now.length === before.length ? now < before : now.length < before.length;
}

function metaText(item: unknown, name: string): string | null {
  const metadata = isRecord(item) && isRecord(item["metadata"]) ? item["metadata"] : {};
  const value = metadata[name];
  return typeof value === "string" ? value : null;
}

function keyOf(kind: Kind, item: unknown): string {
  const metadata = isRecord(item) && isRecord(item["metadata"]) ? item["metadata"] : {};
  const { namespace, name } = metadata;
  const given = typeof namespace === "string" ? namespace : "default";
  return objectKey(kind.kind, kind.namespaced ? given : "", typeof name === "string" ? name : "");
}
