/** Addresses of host names that stand in for them where a provider cannot hold the names themselves. */

export interface HostNames {
  /** Addresses by name, not older than `maxAgeMs`; null where the name does not resolve now. */
  resolve(names: readonly string[], maxAgeMs: number): Promise<ReadonlyMap<string, readonly string[] | null>>;
}

/** Remembers answers; `look` resolves to null, and never rejects, when a name has no address or nobody answers. */
export function hostNames(look: (name: string) => Promise<readonly string[] | null>, now: () => number): HostNames {
  const known = new Map<string, { readonly atMs: number; readonly addresses: readonly string[] | null }>();
  return {
    async resolve(names, maxAgeMs) {
      const atMs = now();
      const stale = names.filter((name) => atMs - (known.get(name)?.atMs ?? Number.NEGATIVE_INFINITY) >= maxAgeMs);
      await Promise.all(
        stale.map(async (name) => {
          known.set(name, { atMs, addresses: await look(name) });
        }),
      );
      return new Map(names.map((name) => [name, known.get(name)?.addresses ?? null]));
    },
  };
}
