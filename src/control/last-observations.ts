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
  /** Remembers what changed. */
  remember(observations: readonly Observation[]): Promise<void>;
}

const key = (cluster: string | null) => `control/observations/${cluster ?? "_config"}`;

/** Backed by the store that control publishes to. */
export function lastObservations(store: Store): LastObservations {
  const text = textStore(store);
  const recalled = new Map<string | null, Observation["objects"] | null>();
  const written = new Map<string | null, Observation["objects"]>();
  return {
    complete(observation) {
      if (observation.complete) return observation;
      const objects = recalled.get(observation.cluster) ?? null;
      return objects === null ? observation : { ...observation, objects, complete: true, reachable: false };
    },
    async recall(cluster) {
      if (recalled.has(cluster)) return;
      const stored = await text.get(key(cluster));
      recalled.set(cluster, stored === null ? null : (JSON.parse(stored) as Observation["objects"]));
    },
    async remember(observations) {
      for (const { cluster, complete, reachable, objects } of observations) {
        if (!complete || !reachable || written.get(cluster) === objects) continue;
        await text.put(key(cluster), JSON.stringify(objects), "any");
        written.set(cluster, objects);
      }
    },
  };
}
