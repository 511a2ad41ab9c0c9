/** Deadlines without a timer each: everything that may expire is looked at every 25 ms, by a clock that never jumps. */

const INTERVAL_MS = 25;

export interface Expiring {
  /** Acts on what is overdue. May remove itself. */
  check(nowMs: number): void;
}

export class Sweep {
  /** Monotonic milliseconds, at most 25 ms old while anything is watched. */
  nowMs: number = performance.now();
  readonly #watched = new Set<Expiring>();
  #timer: NodeJS.Timeout | null = null;

  add(expiring: Expiring): void {
    this.#watched.add(expiring);
    if (this.#timer !== null) return;
    this.nowMs = performance.now();
    this.#timer = setInterval(() => this.#tick(), INTERVAL_MS).unref();
  }

  delete(expiring: Expiring): void {
    this.#watched.delete(expiring);
  }

  #tick(): void {
    this.nowMs = performance.now();
    for (const expiring of this.#watched) expiring.check(this.nowMs);
    if (this.#watched.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }
}
