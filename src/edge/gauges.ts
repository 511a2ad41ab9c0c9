/** What an edge shows of its state, beside what it counts. */
import type { EdgeGauges } from "./metrics.ts";
import type { EdgeState } from "./state.ts";

/** Read when somebody asks. */
export function gaugesOf(state: EdgeState, now: () => number): EdgeGauges {
  return {
    generation: () => state.serving?.loaded.manifest.generation ?? null,
    snapshotAgeSeconds: () =>
      state.serving === null ? null : (now() - state.serving.loaded.manifest.publishedAtMs) / 1000,
    liveRequests: () => state.liveRequests,
    ejectedOrigins: () => [...state.outliers.ejections.values()].filter((one) => one.untilMs > now()).length,
  };
}
