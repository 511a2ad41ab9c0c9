import { randomUUID } from "node:crypto";
import type { ApiObject, ApiResource } from "./api-resources.ts";
import { storedVersion } from "./convert.ts";

/** A change as a watch tells it. */
export interface StoreEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly plural: string;
  readonly version: number;
  readonly object: ApiObject;
}

/** What became of a write. The reasons are Kubernetes' own. */
export type WriteResult =
  | { readonly ok: true; readonly object: ApiObject }
  | { readonly ok: false; readonly reason: "NotFound" | "AlreadyExists" | "Conflict" };

/** The objects of one pretended cluster, with one counter of versions and a log of the latest changes. */
export interface ObjectStore {
  /** resourceVersion of the latest change. */
  readonly version: number;
  /** Changes after this version are still in the log; a watch from an earlier one has expired. */
  readonly oldestVersion: number;
  /** Objects sorted by namespace and name; all namespaces when it is null. */
  list(resource: ApiResource, namespace: string | null): readonly ApiObject[];
  get(resource: ApiResource, namespace: string, name: string): ApiObject | null;
  create(resource: ApiResource, object: ApiObject): WriteResult;
  /** With a `metadata.resourceVersion` the object must still have it. */
  update(resource: ApiResource, object: ApiObject): WriteResult;
  delete(resource: ApiResource, namespace: string, name: string): WriteResult;
  /** Changes after a version, oldest first. */
  eventsAfter(version: number): readonly StoreEvent[];
  /** Calls back for each change from now on, until the function returned is called. */
  subscribe(listener: (event: StoreEvent) => void): () => void;
  /** Forgets the log, so that every watch from an earlier version expires. */
  compact(): void;
}

export interface ObjectStoreOptions {
  /** Begins near the time in ms by default, so that a restarted store never repeats a version for other content. */
  readonly firstVersion?: number;
  /** Changes that the log holds. */
  readonly logLength?: number;
  readonly now?: () => number;
}

/** An empty store. */
export function objectStore(options: ObjectStoreOptions = {}): ObjectStore {
  const { now = Date.now, logLength = 1000 } = options;
  const objects = new Map<string, Map<string, ApiObject>>();
  const listeners = new Set<(event: StoreEvent) => void>();
  let log: StoreEvent[] = [];
  let version = options.firstVersion ?? now();
  let oldestVersion = version;

  function ofKind(plural: string): Map<string, ApiObject> {
    const found = objects.get(plural) ?? new Map<string, ApiObject>();
    objects.set(plural, found);
    return found;
  }

  function record(type: StoreEvent["type"], resource: ApiResource, given: ApiObject): ApiObject {
    version += 1;
    const object = { ...given, metadata: { ...given.metadata, resourceVersion: String(version) } };
    const event: StoreEvent = { type, plural: resource.plural, version, object };
    log.push(event);
    if (log.length > logLength) {
      log = log.slice(-logLength);
      oldestVersion = (log[0]?.version ?? version) - 1;
    }
    const { namespace = "", name } = object.metadata;
    if (type === "DELETED") ofKind(resource.plural).delete(keyOf(namespace, name));
    else ofKind(resource.plural).set(keyOf(namespace, name), object);
    for (const listener of listeners) listener(event);
    return object;
  }

  return {
    get version() {
      return version;
    },
    get oldestVersion() {
      return oldestVersion;
    },
    list(resource, namespace) {
      const all = [...ofKind(resource.plural)].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
      return namespace === null ? all : all.filter(({ metadata }) => metadata.namespace === namespace);
    },
    get: (resource, namespace, name) => ofKind(resource.plural).get(keyOf(namespace, name)) ?? null,
    create(resource, given) {
      const object = normalised(resource, given);
      if (ofKind(resource.plural).has(keyOf(object.metadata.namespace ?? "", object.metadata.name))) {
        return { ok: false, reason: "AlreadyExists" };
      }
      const metadata = { ...object.metadata, uid: randomUUID(), creationTimestamp: timestamp(now()) };
      return { ok: true, object: record("ADDED", resource, { ...object, metadata }) };
    },
    update(resource, given) {
      const object = normalised(resource, given);
      const { namespace = "", name, resourceVersion } = object.metadata;
      const old = ofKind(resource.plural).get(keyOf(namespace, name));
      if (old === undefined) return { ok: false, reason: "NotFound" };
      if (resourceVersion && resourceVersion !== old.metadata.resourceVersion) return { ok: false, reason: "Conflict" };
      const { uid, creationTimestamp } = old.metadata;
      const metadata = { ...object.metadata, ...(uid && creationTimestamp ? { uid, creationTimestamp } : {}) };
      return { ok: true, object: record("MODIFIED", resource, { ...object, metadata }) };
    },
    delete(resource, namespace, name) {
      const old = ofKind(resource.plural).get(keyOf(namespace, name));
      return old ? { ok: true, object: record("DELETED", resource, old) } : { ok: false, reason: "NotFound" };
    },
    eventsAfter: (after) => log.filter((event) => event.version > after),
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    compact() {
      log = [];
      oldestVersion = version;
    },
  };
}

function normalised(resource: ApiResource, given: ApiObject): ApiObject {
  const { namespace = "default", ...metadata } = given.metadata;
  const converted = storedVersion({ ...given, kind: resource.kind });
  const apiVersion = resource.apiVersion;
  return {
    ...converted,
    apiVersion,
    kind: resource.kind,
    metadata: resource.namespaced ? { ...metadata, namespace } : metadata,
  };
}

function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

/** Kubernetes' times have no fractions of a second. */
function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}
