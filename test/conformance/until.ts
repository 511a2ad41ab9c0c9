import type { Observation } from "../../src/core/objects.ts";
import type { ObjectReader } from "../../src/kube/reader.ts";

/** Resolves with the first observation that fulfils the condition, now or after a change. */
export function until(
  reader: ObjectReader,
  condition: (observation: Observation) => boolean,
  timeoutMs: number = 10_000,
): Promise<Observation> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const { reachable, error, objects, problems } = reader.observe();
      reject(new Error(`Not fulfilled in ${timeoutMs} ms: ${JSON.stringify({ reachable, error, problems, objects })}`));
    }, timeoutMs);
    const look = (): void => {
      const observation = reader.observe();
      if (!condition(observation)) return;
      clearTimeout(timer);
      resolve(observation);
    };
    reader.onChange(look);
    look();
  });
}
