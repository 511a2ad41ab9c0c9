/** Work of which only the newest wish counts: one at a time, and what was overtaken while it waited is left out. */
export interface Newest<T> {
  offer(wish: T): void;
  /** Drops what has not begun. */
  clear(): void;
  /** Resolves when nothing that was offered so far is left to do. */
  settled(): Promise<void>;
}

/** `work` must not reject. */
export function newest<T>(work: (wish: T) => Promise<void>): Newest<T> {
  let next: { readonly wish: T } | null = null;
  let running: Promise<void> | null = null;
  const loop = async () => {
    while (next !== null) {
      const { wish } = next;
      next = null;
      await work(wish);
    }
    running = null;
  };
  return {
    offer(wish) {
      next = { wish };
      running ??= loop();
    },
    clear: () => void (next = null),
    settled: () => running ?? Promise.resolve(),
  };
}
