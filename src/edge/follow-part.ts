/**
 * Follows what is published about one host, for edges that read the snapshot in parts: because they live for one request,
 * or because all of it is more than they may read. At most three texts of 32 KiB each time (ADR 18).
 */
import { causeOf } from "../core/cause.ts";
import { overrideTable } from "../core/geo/override-table.ts";
import { canonicalHost } from "../core/request/host.ts";
import { buildRoutingTable } from "../core/routing-table.ts";
import type { LoadedSnapshot, SnapshotSource } from "../core/snapshot/load.ts";
import { loadPart } from "../core/snapshot/load-part.ts";
import { compareVersions } from "../core/snapshot/manifest.ts";
import { parseOverlay } from "../core/snapshot/overlay.ts";
import { LARGEST_PART_CHARACTERS, PART_OVERLAY_KEY } from "../core/snapshot/part.ts";
import { reportText } from "../core/snapshot/report.ts";
import type { FollowDeps, Follower } from "./follow.ts";
import { edgeReport } from "./report-health.ts";
import { useOverlay } from "./state.ts";

export interface FollowPartDeps extends FollowDeps {
  /** Told when what the store holds is served, for whoever keeps it; left out where nobody does. */
  readonly onTaken?: () => void;
}

export interface PartFollower extends Follower {
  /** Reports where the edge may write, as `refresh` does at its end and a start does not; never rejects. */
  report(): Promise<void>;
}

/** DESIGN.md rule 2: so long a start waits for the store before it takes what is bundled. */
const START_MS = 250;
/** So long it waits where nothing else is there: late is better than 503. */
const PATIENCE_MS = 5000;

/** A follower of the host in this Host field; one that is no host is followed for its answer, which is 400. */
export function partFollower(authority: string, deps: FollowPartDeps): PartFollower {
  const canonical = canonicalHost(authority);
  const host = canonical.ok ? canonical.host : null;
  const { state, source } = deps;
  /** What is served now is the store's own word, not that of a bundle. */
  let isFromStore = false;

  const take = async (from: SnapshotSource, isBundled: boolean) => {
    try {
      const read = await loadPart(from, host);
      if (!isBundled) isFromStore = read.result === "loaded";
      if (read.result === "refused") deps.onProblem("refused", read.problems);
      if (read.result === "loaded") await serve(read.loaded, isBundled);
    } catch (error) {
      if (!isBundled) isFromStore = false;
      deps.onProblem("store", [causeOf(error)]);
    }
  };
  const serve = async (loaded: LoadedSnapshot, isBundled: boolean) => {
    if (loaded.hash === state.serving?.loaded.hash) return;
    const table = buildRoutingTable(loaded.snapshot, await deps.bring(loaded.snapshot));
    const { serving } = state;
    if (serving !== null && (isBundled || isOlder(loaded, serving.loaded))) return;
    state.serving = {
      loaded,
      table,
      overrides: overrideTable(loaded.snapshot.locationOverrides),
      loadedAtMs: deps.now(),
    };
    if (!isBundled) deps.onTaken?.();
  };
  const overlay = async () => {
    try {
      const text = await source.get(PART_OVERLAY_KEY);
      if (text === null || text.length > LARGEST_PART_CHARACTERS) return;
      const parsed = parseOverlay(text);
      if (!parsed.ok) deps.onProblem("refused", [`overlay: ${parsed.problem}`]);
      else useOverlay(state, parsed.overlay);
    } catch (error) {
      deps.onProblem("store", [causeOf(error)]);
    }
  };
  const read = async () => void (await Promise.all([take(source, false), overlay()]));
  const report = async () => {
    try {
      const { manifest = { epoch: 0, generation: 0 }, hash = "" } = state.serving?.loaded ?? {};
      // A part is as old as its last change; the overlay says what all parts are in step with.
      const at = (isFromStore ? state.overlay?.published : undefined) ?? manifest;
      const about = { nowMs: deps.now(), requests: deps.requests() };
      await deps.report?.(state.name, reportText(edgeReport(state, { ...at, hash }, about)));
    } catch (error) {
      deps.onProblem("store", [causeOf(error)]);
    }
  };
  return {
    report,
    async refresh() {
      await read();
      await report();
    },
    async coldStart(bundled) {
      const reading = read();
      const within = (ms: number) => Promise.race([reading, new Promise((resolve) => setTimeout(resolve, ms))]);
      if (bundled !== null) {
        await within(START_MS);
        if (state.serving === null) await take(bundled, true);
      }
      if (state.serving === null) await within(PATIENCE_MS);
    },
  };
}

/** FM15: a store may show an older value. Of another host, as when a wildcard takes over, every one is right. */
function isOlder(loaded: LoadedSnapshot, serving: LoadedSnapshot): boolean {
  const isSame = loaded.snapshot.hosts[0]?.host === serving.snapshot.hosts[0]?.host;
  return isSame && compareVersions(loaded.manifest, serving.manifest) < 0;
}
