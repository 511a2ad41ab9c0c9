import type { Observation } from "../core/objects.ts";

/**
 * One source of Kubernetes objects: a cluster's API, a directory of files, the config source.
 *
 * `start` begins to read and resolves after the first attempt, whether or not it succeeded. From then on `observe`
 * always answers at once with the last state known and never throws: a source that cannot be read keeps its objects
 * and says `reachable: false`. `onChange` listeners are called after each change of what `observe` would answer.
 * `close` ends all work and is idempotent.
 */
export interface ObjectReader {
  readonly cluster: string | null;
  start(): Promise<void>;
  observe(): Observation;
  onChange(listener: () => void): void;
  close(): Promise<void>;
}
