/**
 * `AbortController` and `AbortSignal` for Fastly's engine, which has neither: as much as the edge calls. A signal there
 * ends a wait; the connection behind it is ended by the timeouts of its backend.
 */

type Listener = () => void;

class Signal {
  aborted = false;
  reason: unknown = undefined;
  readonly #listeners = new Set<Listener>();

  static any(signals: Iterable<Signal>): Signal {
    const either = new Signal();
    for (const one of signals) {
      if (one.aborted) either.trip(one.reason);
      else one.addEventListener("abort", () => either.trip(one.reason));
    }
    return either;
  }

  static timeout(ms: number): Signal {
    const signal = new Signal();
    setTimeout(() => signal.trip(new Error("The operation timed out")), ms);
    return signal;
  }

  static abort(reason?: unknown): Signal {
    const signal = new Signal();
    signal.trip(reason);
    return signal;
  }

  addEventListener(_type: "abort", listener: Listener): void {
    this.#listeners.add(listener);
  }

  removeEventListener(_type: "abort", listener: Listener): void {
    this.#listeners.delete(listener);
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }

  trip(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason ?? new Error("The operation was aborted");
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }
}

class Controller {
  readonly signal: Signal = new Signal();

  abort(reason?: unknown): void {
    this.signal.trip(reason);
  }
}

/** Puts them where the edge looks for them, unless the engine has its own. */
export function provideAbort(global: { AbortController?: unknown; AbortSignal?: unknown }): void {
  global.AbortSignal ??= Signal;
  global.AbortController ??= Controller;
}
