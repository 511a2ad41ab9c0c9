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
import type { FollowDeps, Follower } from "./follow.ts";
import { useOverlay } from "./state.ts";

export interface FollowPartDeps extends Pick<FollowDeps, "state" | "source" | "bring" | "now" | "onProblem"> {
  /** Told when what the store holds is served, for whoever keeps it; left out where nobody does. */
  readonly onTaken?: () => void;
}

/** DESIGN.md rule 2: so long a start waits for the store before it takes what is bundled. */
const START_MS = 250;
/** So long it waits where nothing else is there: late is better than 503. */
const PATIENCE_MS = 5000;

/** A follower of the host in this Host field; one that is no host is followed for its answer, which is 400. */
export function partFollower(authority: string, deps: FollowPartDeps): Follower {
  const canonical = canonicalHost(authority);
  const host = canonical.ok ? canonical.host : null;
  const { state, source } = deps;

  const take = async (from: SnapshotSource, isBundled: boolean) => {
    try {
      const read = await loadPart(from, host);
      if (read.result === "refused") deps.onProblem("refused", read.problems);
      if (read.result === "loaded") await serve(read.loaded, isBundled);
    } catch (error) {
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
  const refresh = async () => void (await Promise.all([take(source, false), overlay()]));
  return {
    refresh,
    async coldStart(bundled) {
      const reading = refresh();
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
