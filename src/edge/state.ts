/** What one edge holds in memory: the last good snapshot's table, health, and its own counters. */
import type { OverrideTable } from "../core/geo/client-location.ts";
import { newOutlierState, type OutlierState } from "../core/health/outlier.ts";
import { type HealthView, healthView } from "../core/health/view.ts";
import type { GeoPoint, HealthOverlay } from "../core/model.ts";
import type { RoutingTable } from "../core/routing-table.ts";
import type { LoadedSnapshot } from "../core/snapshot/load.ts";

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
  liveRequests: number;
  liveRetries: number;
  /** Spreads requests over equal origins: counts up, wraps at 2³². */
  seed: number;
}

/** Takes a newer overlay into use. */
export function useOverlay(state: EdgeState, overlay: HealthOverlay): void {
  state.overlay = overlay;
  state.health = healthView(overlay, state.outliers.ejections);
}

/** A state before the first snapshot. */
export function newEdgeState(name: string, location: GeoPoint | null, seed: number): EdgeState {
  const outliers = newOutlierState();
  return {
    name,
    location,
    serving: null,
    overlay: null,
    health: healthView(null, outliers.ejections),
    outliers,
    liveRequests: 0,
    liveRetries: 0,
    seed,
  };
}

/** `epoch.generation hash`, or `none`. */
export function snapshotName({ serving }: EdgeState): string {
  if (serving === null) return "none";
  const { manifest, hash } = serving.loaded;
  return `${manifest.epoch}.${manifest.generation} ${hash}`;
}
