/** Decisions of all processes in one stream, for whoever listens at the first one. */
import type { ToProcess } from "./process-messages.ts";

export interface ProcessTap {
  /** JSON lines until it is cancelled. */
  listen(query: Readonly<Record<string, string>>): ReadableStream<Uint8Array>;
  /** A process came: whoever listens hears it too. */
  joined(say: (message: ToProcess) => void): void;
  /** Lines of a process. */
  heard(id: number, lines: string): void;
}

const MAX_LISTENERS = 16;
/** Chunks that wait for a reader; beyond that he gets less, and nobody waits for him. */
const MAX_WAITING = 400;

/** `everybody` says something to all processes. */
export function processTap(everybody: (message: ToProcess) => void): ProcessTap {
  const listeners = new Map<number, { query: Readonly<Record<string, string>>; take: (lines: string) => void }>();
  const encoder = new TextEncoder();
  let last = 0;
  return {
    listen(query) {
      if (listeners.size >= MAX_LISTENERS) throw new RangeError(`Cannot tap: ${MAX_LISTENERS} others listen already`);
      last += 1;
      const id = last;
      return new ReadableStream<Uint8Array>(
        {
          start(controller) {
            const take = (lines: string): void => {
              if ((controller.desiredSize ?? 0) > 0) controller.enqueue(encoder.encode(lines));
            };
            listeners.set(id, { query, take });
            // The head of the answer leaves with the first bytes: a listener knows at once that he listens.
            take("\n");
            everybody({ type: "tap", id, query });
          },
          cancel() {
            listeners.delete(id);
            everybody({ type: "untap", id });
          },
        },
        { highWaterMark: MAX_WAITING },
      );
    },
    joined(say) {
      for (const [id, { query }] of listeners) say({ type: "tap", id, query });
    },
    heard: (id, lines) => listeners.get(id)?.take(lines),
  };
}
