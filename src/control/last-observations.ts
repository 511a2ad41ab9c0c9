import type { Observation } from "../core/objects.ts";
import type { Store } from "../store/store.ts";
import { textStore } from "../store/text.ts";

/**
 * What each source said last, kept in the store, so that a control function that starts while a cluster's API is away
 * still knows what the cluster holds: unreachable is not empty, also across restarts.
 */
export interface LastObservations {
  /** The observation, or the remembered one while the source has not been read since the start. */
  complete(observation: Observation): Observation;
  /** Reads what is remembered about a source, once. */
  recall(cluster: string | null): Promise<void>;
  /** Remembers what changed, of each source at most every half minute: all it holds is written each time. */
  remember(observations: readonly Observation[], nowMs: number): Promise<void>;
  /** Remembers at once what was put off. */
  flush(): Promise<void>;
}

/** A restart while an API is away may go back by so much of what that one cluster said. */
const EVERY_MS = 30_000;

/** Lists that an older control function did not remember. */
const LATER = { serviceExports: [], nodes: [], namespaces: [] };

const key = (cluster: string | null) => `control/observations/${cluster ?? "_config"}`;

/** Backed by the store that control publishes to. */
export function lastObservations(store: Store): LastObservations {
  const text = textStore(store);
  const recalled = new Map<string | null, Observation["objects"] | null>();
  const written = new Map<string | null, { readonly objects: Observation["objects"]; readonly atMs: number }>();
  const waiting = new Map<string | null, Observation["objects"]>();
  const write = async (cluster: string | null, objects: Observation["objects"], atMs: number) => {
    await text.put(key(cluster), JSON.stringify(objects), "any");
    written.set(cluster, { objects, atMs });
    waiting.delete(cluster);
  };
  return {
    complete(observation) {
      if (observation.complete) return observation;
      const objects = recalled.get(observation.cluster) ?? null;
      return objects === null ? observation : { ...observation, objects, complete: true, reachable: false };
    },
    async recall(cluster) {
      if (recalled.has(cluster)) return;
      const stored = await text.get(key(cluster));
      recalled.set(cluster, stored === null ? null : { ...LATER, ...(JSON.parse(stored) as Observation["objects"]) });
    },
    async remember(observations, nowMs) {
      for (const { cluster, complete, reachable, objects } of observations) {
        const last = written.get(cluster);
        if (!complete || !reachable || last?.objects === objects) continue;
        waiting.set(cluster, objects);
        if (last === undefined || nowMs - last.atMs >= EVERY_MS || nowMs < last.atMs)
          await write(cluster, objects, nowMs);
      }
    },
    async flush() {
      for (const [cluster, objects] of Array.from(waiting))
        await write(cluster, objects, written.get(cluster)?.atMs ?? 0);
    },
  };
}
