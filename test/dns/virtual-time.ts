import type { Time } from "../../src/dns/pace.ts";
import { random } from "../build/random.ts";

/** A clock that only sleeping moves, so that minutes of patience cost nothing and nothing depends on the machine. */
export function virtualTime(seed = 1): Time & { readonly slept: () => number } {
  let now = 0;
  return {
    now: () => now,
    async sleep(ms) {
      now += ms;
      // A real sleep lets others work; a turn of the event loop, since what we wait for may be I/O.
      await new Promise((resolve) => setImmediate(resolve));
    },
    random: random(seed),
    slept: () => now,
  };
}
