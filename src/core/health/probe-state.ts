/** What an edge remembers of its probes: apart from what it makes of them, which edges that never probe do not carry. */
import type { RoundTrip } from "./model.ts";
import type { Held, RoundTripWindow } from "./round-trip.ts";

/** What probes of one target have shown. */
export interface ProbeTrack {
  good: number;
  bad: number;
  verdict: "up" | "down" | "unknown";
  sinceMs: number;
  cause: string;
  readonly window: RoundTripWindow;
  /** Whether it ever answered in HTTP: who never did need not, who did and no longer does hangs. */
  answers: boolean;
}

/** Mutable, one per edge. */
export interface ProbeState {
  readonly tracks: Map<string, ProbeTrack>;
  readonly held: Map<string, Held>;
  /** Round-trips in use, by `roundTripKey()`: shared with the health view. */
  readonly measured: Map<string, RoundTrip>;
  distrustsItself: boolean;
  /** How much of the world has to look down for that: whoever has one answer and no second try doubts only silence. */
  doubtsAt: "most" | "all";
}

/** A state that has seen nothing. */
export function newProbeState(): ProbeState {
  return { tracks: new Map(), held: new Map(), measured: new Map(), distrustsItself: false, doubtsAt: "most" };
}
