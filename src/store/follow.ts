/** Follows a store over HTTP by asking it to answer when something changed. */
import { causeOf } from "../core/cause.ts";

export interface FollowOptions {
  /** Called after each change, and whenever nobody can tell; never twice at once. */
  readonly changed: () => Promise<void>;
  /** Pause between two calls where the store cannot say when it changes, and after a failure. */
  readonly intervalMs: number;
  readonly onProblem: (message: string) => void;
}

/** Longer than the server holds a question. */
const ASK_TIMEOUT_MS = 40_000;

const SPACING_MS = 20;

/** Begins to follow; `close` waits for nothing. */
export function followStore(base: string, options: FollowOptions): { close(): void } {
  const stop = new AbortController();
  const root = base.endsWith("/") ? base : `${base}/`;

  const ask = async (since: string): Promise<string | null> => {
    const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(ASK_TIMEOUT_MS)]);
    const response = await fetch(`${root}_changes?since=${encodeURIComponent(since)}`, { signal, redirect: "error" });
    const text = await response.text();
    // A server of files knows nothing of changes.
    return response.status === 200 && text.length <= 200 ? text : null;
  };
  const run = async () => {
    let known = "";
    while (!stop.signal.aborted) {
      let answered: string | null = null;
      try {
        answered = await ask(known);
      } catch (error) {
        if (!stop.signal.aborted) options.onProblem(`Cannot follow ${root}: ${causeOf(error)}`);
      }
      if (stop.signal.aborted) return;
      if (answered !== known || answered === null) await options.changed();
      // A cache in between that answers for the server must not make this spin.
      await pause(answered === null ? options.intervalMs : SPACING_MS, stop.signal);
      known = answered ?? "";
    }
  };
  void run();
  return { close: () => stop.abort() };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
