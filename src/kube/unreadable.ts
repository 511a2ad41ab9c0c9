import { kubeObjects } from "./kinds.ts";
import type { ObjectReader } from "./reader.ts";

/** A cluster that cannot even be asked, and why: it is known, and nothing is known of it. */
export function unreadable(cluster: string, error: string): ObjectReader {
  const observation = {
    cluster,
    reachable: false,
    complete: false,
    observedAtMs: 0,
    error,
    objects: kubeObjects([]),
    deleted: new Set<string>(),
    problems: [],
    claimClassless: false,
  };
  return {
    cluster,
    start: () => Promise.resolve(),
    observe: () => observation,
    onChange: () => undefined,
    close: () => Promise.resolve(),
  };
}
