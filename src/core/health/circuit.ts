/**
 * Circuit breaking: how much one edge has under way at one origin. At the limit the origin is passed over, so that one
 * that hangs cannot take all of an edge's sockets (FM37). Pure; mutable state of one edge.
 */

export interface CircuitLimits {
  /** Connections open or being opened. */
  readonly connections: number;
  /** Requests that wait for a connection. */
  readonly pending: number;
  /** Requests sent and not yet answered to their end. */
  readonly requests: number;
}

/** Envoy's defaults (reference/steering.md §2.6). */
export const DEFAULT_LIMITS: CircuitLimits = { connections: 1024, pending: 1024, requests: 1024 };

interface Load {
  connections: number;
  pending: number;
  requests: number;
}

/** By `originKey()`; an origin without load has no entry. */
export type CircuitState = Map<string, Load>;

/** Why an origin takes nothing more at the moment; null when it does. */
export function whyFull(state: CircuitState, origin: string, limits: CircuitLimits = DEFAULT_LIMITS): string | null {
  const load = state.get(origin);
  if (load === undefined) return null;
  if (load.requests >= limits.requests) return `${load.requests} requests are under way`;
  if (load.pending >= limits.pending) return `${load.pending} requests wait for a connection`;
  // A connection that is idle takes one more request: only opening another one is refused.
  const idle = load.connections - load.requests;
  return load.connections >= limits.connections && idle <= 0 ? `${load.connections} connections are open` : null;
}

/** Counts one more (or one less) of something at an origin; never below 0. */
export function countLoad(state: CircuitState, origin: string, what: keyof CircuitLimits, by: 1 | -1): void {
  const load = state.get(origin) ?? { connections: 0, pending: 0, requests: 0 };
  load[what] = Math.max(0, load[what] + by);
  if (load.connections + load.pending + load.requests === 0) state.delete(origin);
  else state.set(origin, load);
}
