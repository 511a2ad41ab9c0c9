/**
 * Follows the store in the background: never on the request path, and whatever goes wrong the edge keeps serving what
 * it has (DESIGN.md rule 2). One `refresh` reads the snapshot and the overlay and writes the report.
 */
import { causeOf } from "../core/cause.ts";
import type { Policies } from "../core/choosing.ts";
import { overrideTable } from "../core/geo/override-table.ts";
import { keepTargets, probeTargetSteps } from "../core/health/probes.ts";
import type { EdgeReport } from "../core/health/model.ts";
import type { Snapshot } from "../core/model.ts";
import { routingTableSteps } from "../core/routing-table.ts";
import { type LoadedSnapshot, loadSnapshot, type SnapshotSource } from "../core/snapshot/load.ts";
import { compareVersions } from "../core/snapshot/manifest.ts";
import { parseOverlay } from "../core/snapshot/overlay.ts";
import { LIMITS } from "../core/snapshot/shapes.ts";
import { reportText } from "../core/snapshot/report.ts";
import { edgeReport } from "./report-health.ts";
import { type EdgeState, useOverlay } from "./state.ts";

/** DESIGN.md rule 2: a cold start waits once for the store, then serves what is bundled. */
const COLD_START_MS = 250;
/** Hosts that are indexed between two turns of requests. */
const BETWEEN_TURNS = 100;
/** A read that takes longer is given up on: in a Worker it never ends when the request that began it was cancelled. */
const STUCK_MS = 10_000;

export interface FollowDeps {
  readonly state: EdgeState;
  readonly source: SnapshotSource;
  /**
   * Brings what a snapshot needs before it is taken: the policies, or null where plain nearest is enough. While it
   * rejects the old snapshot stays.
   */
  readonly bring: (snapshot: Snapshot) => Promise<Policies | null>;
  /** Best effort; null where the edge may not write. */
  readonly report: ((edge: string, text: string) => Promise<void>) | null;
  readonly now: () => number;
  readonly requests: () => number;
  /** Problems of a snapshot that was refused, or of the store. */
  readonly onProblem: (kind: "refused" | "store", problems: readonly string[]) => void;
}

export interface Follower {
  /** Reads once; never rejects. Calls that overlap share one read. */
  refresh(): Promise<void>;
  /** Waits for the first read, at most 250 ms; then takes the bundled snapshot if nothing is there. */
  coldStart(bundled: SnapshotSource | null): Promise<void>;
}

/** A follower of one store. */
export function follower(deps: FollowDeps): Follower {
  const { state } = deps;
  let running: { readonly done: Promise<void>; readonly startedMs: number } | null = null;

  const take = async (loaded: LoadedSnapshot) => {
    const { snapshot } = loaded;
    const { turn } = deps.source;
    const table = await inTurns(routingTableSteps(snapshot, await deps.bring(snapshot)), turn);
    const targets = await inTurns(probeTargetSteps(snapshot.clusters, snapshot.hosts), turn);
    const { serving } = state;
    // Of a bundle and a store that are read at the same time, the older one must not come last.
    if (serving !== null && compareVersions(loaded.manifest, serving.loaded.manifest) < 0) return;
    state.serving = {
      loaded,
      table,
      overrides: overrideTable(loaded.snapshot.locationOverrides),
      loadedAtMs: deps.now(),
    };
    state.targets = targets;
    keepTargets(state.probes, state.targets);
  };
  const load = async (source: SnapshotSource) => {
    const result = await loadSnapshot(source, state.serving?.loaded ?? null);
    if (result.result === "loaded") await take(result.loaded);
    else if (result.result === "refused") deps.onProblem("refused", result.problems);
  };
  const readOverlay = async () => {
    const text = await deps.source.get("overlay");
    if (text === null) return;
    if (text.length > LIMITS.sliceCharacters) return deps.onProblem("refused", ["overlay: it is too large"]);
    const parsed = parseOverlay(text);
    if (!parsed.ok) deps.onProblem("refused", [`overlay: ${parsed.problem}`]);
    else if (state.overlay === null || parsed.overlay.observedAtMs >= state.overlay.observedAtMs) {
      useOverlay(state, parsed.overlay);
    }
  };
  const once = async () => {
    for (const step of [
      () => load(deps.source),
      readOverlay,
      async () => deps.report?.(state.name, reportText(reportOf(deps))),
    ]) {
      try {
        await step();
      } catch (error) {
        deps.onProblem("store", [causeOf(error)]);
      }
    }
  };
  const refresh = () => {
    if (running !== null && deps.now() - running.startedMs < STUCK_MS) return running.done;
    const mine = {
      startedMs: deps.now(),
      done: once().finally(() => {
        if (running === mine) running = null;
      }),
    };
    running = mine;
    return mine.done;
  };
  return {
    refresh,
    async coldStart(bundled) {
      await Promise.race([refresh(), new Promise((resolve) => setTimeout(resolve, COLD_START_MS))]);
      if (state.serving === null && bundled !== null) await load(bundled).catch(() => undefined);
    },
  };
}

async function inTurns<T>(steps: Generator<void, T, undefined>, turn: SnapshotSource["turn"]): Promise<T> {
  for (let count = 1; ; count += 1) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (count % BETWEEN_TURNS === 0) await turn?.();
  }
}

function reportOf({ state, now, requests }: FollowDeps): EdgeReport {
  const { manifest = { epoch: 0, generation: 0 }, hash = "" } = state.serving?.loaded ?? {};
  return edgeReport(state, { ...manifest, hash }, { nowMs: now(), requests: requests() });
}
