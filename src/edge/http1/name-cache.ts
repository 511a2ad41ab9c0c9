/** Addresses of origins by name, for as long as the DNS says, and longer when it cannot be asked (RFC 8767). */

export interface NameAnswer {
  /** In the order in which they are to be tried. */
  readonly addresses: readonly string[];
  readonly ttlMs: number;
}

/**
 * Asks once. Rejects with a code: ENOTFOUND and ENODATA when the name has no address, any other when nobody could say.
 */
export type NameSource = (name: string) => Promise<NameAnswer>;

/** A TTL of 0 would mean a question for every connection. */
const MIN_TTL_MS = 1000;
/** An origin that has moved is to be found again, whatever somebody once wrote into a zone. */
const MAX_TTL_MS = 300_000;
/** How long a name without addresses is not asked for again. */
const NEGATIVE_MS = 1000;
/** When to ask again after a question that nobody answered. */
const RETRY_MS = 5000;
/** How long old addresses serve when nobody answers: longer than any outage of a resolver. */
const STALE_MS = 86_400_000;
/** How long a connection waits for an answer while there are old addresses. */
const PATIENCE_MS = 250;
const MAX_NAMES = 4096;

interface Entry {
  addresses: readonly string[];
  error: Error | null;
  freshUntilMs: number;
  staleUntilMs: number;
  asking: Promise<void> | null;
}

export class NameCache {
  readonly #source: NameSource;
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry>();

  /** `now` is monotonic. */
  constructor(source: NameSource, now: () => number) {
    this.#source = source;
    this.#now = now;
  }

  /** At least one address; rejects with the source's error when there is none. Asks at most once at a time for a name. */
  async resolve(name: string): Promise<readonly string[]> {
    const entry = this.#entryOf(name);
    if (this.#now() >= entry.freshUntilMs) {
      const asking = this.#ask(name, entry);
      // RFC 8767 §5: a resolver that hangs costs a little patience, once, and no request.
      await (entry.addresses.length === 0 ? asking : Promise.race([asking, patience()]));
    }
    if (entry.addresses.length === 0) throw entry.error ?? new Error(`${name} has no address`);
    return entry.addresses;
  }

  /**
   * Whether the name still has the address, as far as is known: a connection that is kept for the next request would
   * outlive every change otherwise. Asks in the background when the answer is too old.
   */
  holds(name: string, address: string): boolean {
    const entry = this.#entries.get(name);
    if (entry === undefined || entry.addresses.length === 0) return true;
    if (this.#now() >= entry.freshUntilMs) void this.#ask(name, entry);
    return entry.addresses.includes(address);
  }

  #entryOf(name: string): Entry {
    const known = this.#entries.get(name);
    if (known !== undefined) return known;
    if (this.#entries.size >= MAX_NAMES) {
      // The one that was learnt first.
      const [oldest] = this.#entries.keys();
      if (oldest !== undefined) this.#entries.delete(oldest);
    }
    const entry: Entry = { addresses: [], error: null, freshUntilMs: 0, staleUntilMs: 0, asking: null };
    this.#entries.set(name, entry);
    return entry;
  }

  /** Never rejects: what came of it stands in the entry. */
  #ask(name: string, entry: Entry): Promise<void> {
    entry.asking ??= this.#source(name)
      .then(
        ({ addresses, ttlMs }) => {
          const nowMs = this.#now();
          entry.addresses = addresses;
          entry.error = null;
          entry.freshUntilMs = nowMs + Math.min(MAX_TTL_MS, Math.max(MIN_TTL_MS, ttlMs));
          entry.staleUntilMs = entry.freshUntilMs + STALE_MS;
        },
        (error: unknown) => this.#failed(entry, error instanceof Error ? error : new Error(String(error))),
      )
      .finally(() => {
        entry.asking = null;
      });
    return entry.asking;
  }

  #failed(entry: Entry, error: Error): void {
    const nowMs = this.#now();
    entry.error = error;
    // RFC 8767 §4: an authority that says that there is no such name is believed; silence is not.
    if (isDenial(error) || nowMs >= entry.staleUntilMs) entry.addresses = [];
    entry.freshUntilMs = nowMs + (entry.addresses.length === 0 ? NEGATIVE_MS : RETRY_MS);
  }
}

/** Whether the name is known to have no address. */
export function isDenial(error: Error): boolean {
  return "code" in error && (error.code === "ENOTFOUND" || error.code === "ENODATA");
}

async function patience(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, PATIENCE_MS).unref());
}
