import { realTime, type Time } from "../src/dns/pace.ts";

/** So far ahead that all patience has ended. */
const FAR_MS = 1e9;

/** The machine's clock until it is closed; then every wait is over, and so is the patience of whoever would wait again. */
export function closableTime(): Time & { close(): void } {
  const waiting = new Map<() => void, NodeJS.Timeout>();
  let ahead = 0;
  return {
    now: () => realTime.now() + ahead,
    random: realTime.random,
    sleep: (ms) =>
      new Promise((resolve) => {
        if (ahead > 0) return resolve();
        const done = () => {
          waiting.delete(done);
          resolve();
        };
        waiting.set(done, setTimeout(done, ms));
      }),
    close() {
      ahead = FAR_MS;
      for (const [done, timer] of waiting) {
        clearTimeout(timer);
        done();
      }
    },
  };
}
