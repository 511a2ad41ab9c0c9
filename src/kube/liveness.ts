import type { ApiConnection } from "./http.ts";
import { pause } from "./pause.ts";

export interface LivenessOptions {
  /** Pause between calls and time for each; null never asks. */
  readonly intervalMs: number | null;
  /** Failed calls in a row until the API is lost. */
  readonly failures: number;
  alive(): void;
  lost(cause: string): void;
  /** The first answer after `lost`. */
  back(): void;
}

export interface Liveness {
  start(): void;
  close(): Promise<void>;
}

/**
 * Asks `/readyz` again and again. A watch whose server hangs looks like a watch on which nothing happens, and an API
 * server that shuts down keeps its watches open and silent for a minute: only a question shows the difference.
 */
export function apiLiveness(connection: ApiConnection, options: LivenessOptions): Liveness {
  const stop = new AbortController();
  let running: Promise<void> = Promise.resolve();
  let failures = 0;

  async function run(intervalMs: number): Promise<void> {
    while (!stop.signal.aborted) {
      await pause(intervalMs, stop.signal);
      if (stop.signal.aborted) return;
      const answer = await connection.get("/readyz", intervalMs, stop.signal);
      // Whoever refuses us an answer for want of a permission is alive.
      if (answer.ok || answer.status === 401 || answer.status === 403) {
        const wasLost = failures >= options.failures;
        failures = 0;
        options.alive();
        if (wasLost) options.back();
      } else if (!stop.signal.aborted) {
        failures += 1;
        if (failures === options.failures) options.lost(answer.cause);
      }
    }
  }

  return {
    start() {
      if (options.intervalMs !== null) running = run(options.intervalMs);
    },
    async close() {
      stop.abort();
      await running;
    },
  };
}
