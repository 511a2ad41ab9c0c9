/** What outlier detection keeps of an edge: who is out, and how it came to it (`outlier.ts` is the only writer). */
import type { SuccessWindow } from "./success-window.ts";
import type { Ejection } from "./view.ts";

/** Added to an ejection of what flaps, for each time from the third on. */
export const DAMPING_MS = 5000;

/**
 * Why it is out decides what may bring it back: a connection proves nothing about answers. `silent` is an origin where not
 * even connecting gets an answer: what waits there waits for nothing.
 */
export type EjectionKind = "connect" | "silent" | "answer" | "status" | "probe";

export interface Track {
  failures: number;
  errors: number;
  ejectedTimes: number;
  lastEjectedMs: number;
  kind: EjectionKind;
  readonly window: SuccessWindow;
}

/** Mutable state of one edge. */
export interface OutlierState {
  readonly tracks: Map<string, Track>;
  /** By `originKey()` and `backendKey()`. */
  readonly ejections: Map<string, Ejection>;
  /** How much longer what flaps stays out each time from the third on, in ms. */
  dampingMs: number;
}

/** A state that knows nothing. */
export function newOutlierState(): OutlierState {
  return { tracks: new Map(), ejections: new Map(), dampingMs: DAMPING_MS };
}

/** Why something is out; null when it is not. */
export function ejectionKind(state: OutlierState, key: string): EjectionKind | null {
  return state.ejections.has(key) ? (state.tracks.get(key)?.kind ?? null) : null;
}
