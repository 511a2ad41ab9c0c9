import type { Observation } from "../../src/core/objects.ts";
import type { ObjectReader } from "../../src/kube/reader.ts";

/** A reader of the contract whose observation the test sets: what a source says is the input there. */
export interface SetReader extends ObjectReader {
  now: Observation;
}

export function setReader(first: Observation): SetReader {
  return {
    cluster: first.cluster,
    now: first,
    start: async () => undefined,
    observe() {
      return this.now;
    },
    onChange: () => undefined,
    close: async () => undefined,
  };
}
