/** What one edge holds in memory: the last good snapshot's table, health, and its own counters. */
import type { OverrideTable } from "../core/geo/client-location.ts";
import type { CircuitState } from "../core/health/circuit.ts";
import { newOutlierState, type OutlierState } from "../core/health/outlier-state.ts";
import { newProbeState, type ProbeState } from "../core/health/probe-state.ts";
import type { ProbeTarget } from "../core/health/probes.ts";
import { DWELL_MS } from "../core/health/round-trip.ts";
import { type HealthView, healthView } from "../core/health/view.ts";
import type { HealthEvent, HealthOverlay } from "../core/health/model.ts";
import type { GeoPoint } from "../core/model.ts";
import { newRetryBudget, type RetryBudget } from "../core/retry-budget.ts";
import type { Held } from "../core/steering/held.ts";
import type { RoutingTable } from "../core/routing-table.ts";
import type { LoadedSnapshot } from "../core/snapshot/load.ts";
import { newOfferedCounter, type OfferedCounter } from "./offered.ts";

/** One loaded snapshot with everything made from it; swapped as one reference. */
export interface Serving {
  readonly loaded: LoadedSnapshot;
  readonly table: RoutingTable;
  readonly overrides: OverrideTable;
  readonly loadedAtMs: number;
}

export interface EdgeState {
  readonly name: string;
  /** The edge's own place, or null: then the client's counts. */
  readonly location: GeoPoint | null;
  serving: Serving | null;
  overlay: HealthOverlay | null;
  /** The overlay and this edge's ejections, indexed once per overlay. */
  health: HealthView;
  readonly outliers: OutlierState;
  readonly probes: ProbeState;
  /** What the snapshot in use has to be probed; the array is replaced with it. */
  targets: readonly ProbeTarget[];
  /** 0 where nothing is probed. */
  probeIntervalMs: number;
  /** Changes of what this edge believes, oldest first, bounded. */
  readonly events: HealthEvent[];
  /** What is under way at each origin. */
  readonly circuits: CircuitState;
  /** What this edge offers to each cluster. */
  readonly offered: OfferedCounter;
  /** What this edge chose before. */
  readonly held: Map<string, Held>;
  /** How long a changed choice holds at least. */
  dwellMs: number;
  liveRequests: number;
  readonly retries: RetryBudget;
  /** Spreads requests over equal origins: counts up, wraps at 2³². */
  seed: number;
}

/** Takes a newer overlay into use. */
export function useOverlay(state: EdgeState, overlay: HealthOverlay): void {
  state.overlay = overlay;
  state.health = healthView(overlay, state.outliers.ejections, undefined, state.probes.measured, state.held);
}

/** A new view of the same overlay, as after a round-trip was measured: decisions keep what they made of the old one. */
export function refreshHealth(state: EdgeState): void {
  // The overlay's indexes are the same ones; what was measured is read through the view, and only costs are made anew.
  state.health = { ...state.health };
}

/** A state before the first snapshot. */
export function newEdgeState(name: string, location: GeoPoint | null, seed: number): EdgeState {
  const outliers = newOutlierState();
  const probes = newProbeState();
  const held = new Map<string, Held>();
  return {
    name,
    location,
    serving: null,
    overlay: null,
    health: healthView(null, outliers.ejections, undefined, probes.measured, held),
    outliers,
    probes,
    targets: [],
    probeIntervalMs: 0,
    events: [],
    circuits: new Map(),
    offered: newOfferedCounter(),
    held,
    dwellMs: DWELL_MS,
    liveRequests: 0,
    retries: newRetryBudget(),
    seed,
  };
}

/** `epoch.generation hash`, or `none`. */
export function snapshotName({ serving }: EdgeState): string {
  if (serving === null) return "none";
  const { manifest, hash } = serving.loaded;
  return `${manifest.epoch}.${manifest.generation} ${hash}`;
}
