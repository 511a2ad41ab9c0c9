/** The readers of member clusters, kept in step with the Cluster objects and with the credentials at hand. */
import type { ClusterObject, Observation } from "../core/objects.ts";
import type { ApiAccess } from "./access/access.ts";
import type { Contexts } from "./access/contexts.ts";
import type { ObjectReader } from "./reader.ts";
import { unreadable } from "./unreadable.ts";

export interface MembersDeps {
  readonly contexts: Contexts;
  /** Null outside a pod. */
  readonly inCluster: () => Promise<ApiAccess | null>;
  readonly open: (access: ApiAccess & { readonly cluster: string }) => ObjectReader;
}

export interface Members {
  /** One reader for each Cluster with an access, sorted by name. */
  readers(): readonly ObjectReader[];
  /** Opens and closes readers as these objects say; resolves when new ones have made their first attempt. */
  keep(clusters: readonly ClusterObject[]): Promise<void>;
  /** Called after a change of what some reader observes, or of the readers. */
  onChange(listener: () => void): void;
  close(): Promise<void>;
}

interface Member {
  readonly fingerprint: string;
  reader: ObjectReader;
}

/** Nobody yet: call `keep`. */
export function memberReaders(deps: MembersDeps): Members {
  const members = new Map<string, Member>();
  const listeners: (() => void)[] = [];
  let working: Promise<void> = Promise.resolve();
  let closed = false;
  const tell = () => {
    for (const listener of listeners) listener();
  };

  async function wanted({ meta, access }: ClusterObject): Promise<{ fingerprint: string; make: () => ObjectReader }> {
    const cluster = meta.name;
    const refused = (message: string) => ({ fingerprint: message, make: () => unreadable(cluster, message) });
    if (access === "in-cluster") {
      const own = await deps.inCluster();
      if (own === null) return refused(`Cannot read cluster "${cluster}": this process runs in no pod of a cluster`);
      return { fingerprint: "in-cluster", make: () => deps.open({ ...own, cluster }) };
    }
    const found = deps.contexts.access(typeof access === "object" ? (access?.context ?? "") : "");
    if (!found.ok) return refused(found.message);
    return { fingerprint: found.fingerprint, make: () => deps.open({ ...found.access, cluster }) };
  }

  async function take(cluster: ClusterObject, starts: Promise<void>[]): Promise<void> {
    const name = cluster.meta.name;
    const { fingerprint, make } = await wanted(cluster);
    const known = members.get(name);
    if (known?.fingerprint === fingerprint || closed) return;
    const reader = make();
    const before = known?.reader ?? null;
    // What was read with the old credentials stays until something was read with the new ones.
    const member: Member = { fingerprint, reader: before === null ? reader : handedOver(before, reader) };
    members.set(name, member);
    reader.onChange(tell);
    starts.push(reader.start().then(tell));
  }

  async function once(clusters: readonly ClusterObject[], starts: Promise<void>[]): Promise<void> {
    const named = new Map(
      clusters
        .filter(({ access }) => (access ?? null) !== null && access !== "agent")
        .map((one) => [one.meta.name, one]),
    );
    for (const [name, { reader }] of members) {
      if (named.has(name)) continue;
      members.delete(name);
      await reader.close();
      tell();
    }
    await Promise.all([...named.values()].map((one) => take(one, starts)));
  }

  return {
    readers: () => [...members].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { reader }]) => reader),
    async keep(clusters) {
      // A cluster that does not answer must not hold up the next change.
      const starts: Promise<void>[] = [];
      working = working.then(() => (closed ? undefined : once(clusters, starts)));
      await working;
      await Promise.all(starts);
    },
    onChange: (listener) => void listeners.push(listener),
    async close() {
      closed = true;
      await working.catch(() => undefined);
      await Promise.all([...members.values()].map(({ reader }) => reader.close()));
      members.clear();
    },
  };
}

/** Answers as `before` did until `after` has read everything once; `before` is closed then. */
function handedOver(before: ObjectReader, after: ObjectReader): ObjectReader {
  let old: ObjectReader | null = before;
  return {
    cluster: after.cluster,
    start: after.start,
    observe(): Observation {
      const now = after.observe();
      if (old === null) return now;
      if (!now.complete) return { ...old.observe(), reachable: now.reachable, error: now.error };
      void old.close();
      old = null;
      return now;
    },
    onChange: after.onChange,
    async close() {
      await Promise.all([old?.close(), after.close()]);
    },
  };
}
