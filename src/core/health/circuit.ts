/**
 * Circuit breaking: how much one edge may have under way at one origin. At a limit the origin is passed over, so that one
 * that hangs cannot take all of an edge's sockets (FM37). Pure; the counts are one edge's.
 */

export interface CircuitLimits {
  /** Connections open or being opened. */
  readonly connections: number;
  /** Requests that wait for a connection. */
  readonly pending: number;
  /** Requests sent and not yet answered to their end. */
  readonly requests: number;
}

/** What somebody says about them; null leaves it to whoever is asked next. */
export type CircuitSettings = { readonly [Limit in keyof CircuitLimits]: number | null };

/** Envoy's defaults (reference/steering.md §2.6). */
export const DEFAULT_LIMITS: CircuitLimits = { connections: 1024, pending: 1024, requests: 1024 };

/** The limits at one cluster for one host: what its policy says, else what the Cluster says, else the default. */
export function circuitLimits(policy: CircuitSettings | null, cluster: CircuitSettings | null): CircuitLimits {
  if (policy === null && cluster === null) return DEFAULT_LIMITS;
  const limit = (name: keyof CircuitLimits): number => policy?.[name] ?? cluster?.[name] ?? DEFAULT_LIMITS[name];
  return { connections: limit("connections"), pending: limit("pending"), requests: limit("requests") };
}

/** Requests under way by `originKey()`; an origin without any has no entry. */
export type CircuitState = Map<string, number>;

/** The limit that keeps an origin from taking one more request; null when none does. */
export function fullLimit(load: CircuitLimits, limits: CircuitLimits): keyof CircuitLimits | null {
  if (load.requests >= limits.requests) return "requests";
  if (load.pending >= limits.pending) return "pending";
  // A connection that is idle takes one more request: only opening another one is refused.
  return load.connections >= limits.connections && load.connections <= load.requests ? "connections" : null;
}

/** Counts one request more (or one less) at an origin; never below 0. */
export function countUnderWay(state: CircuitState, origin: string, by: 1 | -1): void {
  const requests = (state.get(origin) ?? 0) + by;
  if (requests > 0) state.set(origin, requests);
  else state.delete(origin);
}
