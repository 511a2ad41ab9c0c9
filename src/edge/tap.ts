/** Decisions as they happen, for whoever listens: nothing is made while nobody does, and load never waits for a reader. */
import type { RequestEvent } from "./event.ts";

export interface TapFilter {
  readonly host: string | null;
  readonly country: string | null;
  readonly cluster: string | null;
  /** `503`, or `5xx` for a class. */
  readonly status: string | null;
}

export interface Tap {
  /** Offers one request; `line` is only called when somebody wants it. */
  offer(event: RequestEvent, line: () => string): void;
  /** JSON lines until it is cancelled. Under load a share is shown, and a line says which. */
  listen(filter: TapFilter): ReadableStream<Uint8Array>;
}

/** Lines a second and listener; beyond that they are sampled. */
const MAX_LINES = 200;
const MAX_LISTENERS = 16;

interface Listener {
  readonly filter: TapFilter;
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
  second: number;
  shown: number;
  matched: number;
}

/** One tap for all edges of a process. */
export function newTap(now: () => number): Tap {
  const listeners = new Set<Listener>();
  const encoder = new TextEncoder();
  const send = (listener: Listener, line: string) => {
    // A reader that does not read gets less, nobody waits for him (FM51).
    if ((listener.controller.desiredSize ?? 0) > 0) listener.controller.enqueue(encoder.encode(`${line}\n`));
    else listener.shown -= 1;
  };
  const turn = (listener: Listener, second: number) => {
    const { shown, matched } = listener;
    if (second === listener.second) return;
    Object.assign(listener, { second, shown: 0, matched: 0 });
    if (shown < matched) send(listener, JSON.stringify({ sampled: { shown, of: matched } }));
  };
  return {
    offer(event, line) {
      if (listeners.size === 0) return;
      const second = Math.floor(now() / 1000);
      let text: string | null = null;
      for (const listener of listeners) {
        turn(listener, second);
        if (!matches(listener.filter, event)) continue;
        listener.matched += 1;
        if (listener.shown >= MAX_LINES) continue;
        listener.shown += 1;
        text ??= line();
        send(listener, text);
      }
    },
    listen(filter) {
      if (listeners.size >= MAX_LISTENERS) throw new RangeError(`Cannot tap: ${MAX_LISTENERS} others listen already`);
      let own: Listener | null = null;
      return new ReadableStream<Uint8Array>(
        {
          start(controller) {
            own = { filter, controller, second: Math.floor(now() / 1000), shown: 0, matched: 0 };
            listeners.add(own);
            // The head of the answer leaves with the first bytes: a listener knows at once that he listens.
            controller.enqueue(encoder.encode("\n"));
          },
          cancel() {
            if (own !== null) listeners.delete(own);
          },
        },
        { highWaterMark: 2 * MAX_LINES },
      );
    },
  };
}

/** From the query of a request to the admin API. */
export function tapFilter(query: Readonly<Record<string, string>>): TapFilter {
  const { host = null, country = null, cluster = null, status = null } = query;
  return { host, country: country?.toUpperCase() ?? null, cluster, status };
}

function matches({ host, country, cluster, status }: TapFilter, event: RequestEvent): boolean {
  if (host !== null && event.host !== host) return false;
  if (country !== null && event.client?.location.country !== country) return false;
  if (cluster !== null && event.tries.at(-1)?.candidate.cluster !== cluster) return false;
  const text = String(event.status);
  return status === null || text === status || (status.toLowerCase().endsWith("xx") && status[0] === text[0]);
}
