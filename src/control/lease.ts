/**
 * A lease in a store, so that two runs of a schedule do not do the same work side by side. It saves work and protects
 * nothing: what protects is the compare-and-set of every write (rule 5), so a lease that expires too early costs nothing
 * but work.
 */
import { integer, parse, record, text } from "../core/snapshot/guard.ts";
import type { Store } from "../store/store.ts";

export interface LeaseOptions {
  readonly key: string;
  /** Who asks, one of its own for each run. */
  readonly holder: string;
  /** After so long nobody believes that the holder still runs. */
  readonly forMs: number;
  readonly now: () => number;
}

export type Leased<T> =
  | { readonly held: true; readonly result: T }
  | { readonly held: false; readonly by: string; readonly untilMs: number };

interface Lease {
  readonly holder: string;
  readonly untilMs: number;
}

const readLease = record<Lease>({ holder: text(), untilMs: integer() });

/** Does the work while it holds the lease; does nothing when somebody else does. The lease ends with the work. */
export async function withLease<T>(store: Store, options: LeaseOptions, work: () => Promise<T>): Promise<Leased<T>> {
  const { key, holder, forMs, now } = options;
  const stored = await store.get(key);
  const parsed = stored === null ? null : parse(readLease, new TextDecoder().decode(stored.value));
  // One that cannot be read protects nobody.
  const standing = parsed?.ok === true ? parsed.value : null;
  if (standing !== null && standing.untilMs > now())
    return { held: false, by: standing.holder, untilMs: standing.untilMs };
  const lease = { holder, untilMs: now() + forMs };
  const version = await store.put(key, bytes(lease), { version: stored?.version ?? null });
  if (version === null) return { held: false, by: "another run that began at the same moment", untilMs: lease.untilMs };
  try {
    return { held: true, result: await work() };
  } finally {
    // Only our own: when it has expired meanwhile, somebody else's may stand there. What fails ends by itself.
    await store.put(key, bytes({ holder, untilMs: 0 }), { version }).catch(() => null);
  }
}

/** A lease for as long as a process lives, renewed whenever half of it is over. */
export interface StandingLease {
  /** Whether it is ours now; takes it when it is nobody's. Rejects when the store cannot be reached. */
  isOurs(): Promise<boolean>;
  /** Lets it go, so that the next one need not wait for its end. */
  release(): Promise<void>;
}

/** A lease that is not held yet. */
export function standingLease(store: Store, { key, holder, forMs, now }: LeaseOptions): StandingLease {
  let untilMs = 0;
  let version: string | null = null;
  return {
    async isOurs() {
      const nowMs = now();
      // Whoever believes in it for too long does work for nothing, and no harm.
      if (nowMs < untilMs - forMs / 2) return true;
      const stored = await store.get(key);
      const parsed = stored === null ? null : parse(readLease, new TextDecoder().decode(stored.value));
      const standing = parsed?.ok === true ? parsed.value : null;
      const isTaken = standing !== null && standing.holder !== holder && standing.untilMs > nowMs;
      const next = { holder, untilMs: nowMs + forMs };
      version = isTaken ? null : await store.put(key, bytes(next), { version: stored?.version ?? null });
      untilMs = version === null ? 0 : next.untilMs;
      return version !== null;
    },
    async release() {
      if (version !== null) await store.put(key, bytes({ holder, untilMs: 0 }), { version });
      [untilMs, version] = [0, null];
    },
  };
}

function bytes(lease: Lease): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(lease));
}
