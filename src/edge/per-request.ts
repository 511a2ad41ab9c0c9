/**
 * What an edge reads that lives for one request: the part of the host that is asked for, and the overlay, at most three
 * texts of 32 KiB (ADR 18). Nothing is followed; the next request reads again.
 */
import { causeOf } from "../core/cause.ts";
import { overrideTable } from "../core/geo/override-table.ts";
import { canonicalHost } from "../core/request/host.ts";
import { buildRoutingTable } from "../core/routing-table.ts";
import type { LoadedSnapshot, SnapshotSource } from "../core/snapshot/load.ts";
import { loadPart } from "../core/snapshot/load-part.ts";
import { parseOverlay } from "../core/snapshot/overlay.ts";
import { LARGEST_PART_CHARACTERS, PART_OVERLAY_KEY } from "../core/snapshot/part.ts";
import type { FollowDeps } from "./follow.ts";
import { useOverlay } from "./state.ts";

export interface PerRequestDeps extends Pick<FollowDeps, "state" | "source" | "bring" | "now" | "onProblem"> {
  /** What was shipped with the edge; null for nothing. */
  readonly bundled: SnapshotSource | null;
}

/** DESIGN.md rule 2: so long a start waits for the store before it takes what is bundled, and here each request is one. */
const START_MS = 250;
/** So long it waits where nothing is bundled: late is better than 503. */
const PATIENCE_MS = 5000;

/** Reads what a request for this host needs into the state. Never rejects: without anything the state serves nothing. */
export async function readForRequest(authority: string, deps: PerRequestDeps): Promise<void> {
  const { state, source, bundled } = deps;
  const read = canonicalHost(authority);
  const host = read.ok ? read.host : null;
  const waitMs = bundled === null ? PATIENCE_MS : START_MS;
  const reading = Promise.all([take(host, source, deps), takeOverlay(source, deps)]);
  await Promise.race([reading, new Promise((resolve) => setTimeout(resolve, waitMs))]);
  if (state.serving === null && bundled !== null) await take(host, bundled, deps);
}

async function take(host: string | null, source: SnapshotSource, deps: PerRequestDeps): Promise<void> {
  try {
    const read = await loadPart(source, host);
    if (read.result === "refused") deps.onProblem("refused", read.problems);
    if (read.result === "loaded") await serve(read.loaded, deps);
  } catch (error) {
    deps.onProblem("store", [causeOf(error)]);
  }
}

async function serve(loaded: LoadedSnapshot, { state, bring, now }: PerRequestDeps): Promise<void> {
  const table = buildRoutingTable(loaded.snapshot, await bring(loaded.snapshot));
  // The store that came after the wait must not change what the request is being served by.
  if (state.serving !== null) return;
  state.serving = {
    loaded,
    table,
    overrides: overrideTable(loaded.snapshot.locationOverrides),
    loadedAtMs: now(),
  };
}

async function takeOverlay(source: SnapshotSource, { state, onProblem }: PerRequestDeps): Promise<void> {
  const found = await readOverlay(source).catch((error: unknown) => causeOf(error));
  if (typeof found === "string") onProblem("store", [found]);
  else if (found !== null) useOverlay(state, found);
}

async function readOverlay(source: SnapshotSource): Promise<Parameters<typeof useOverlay>[1] | null> {
  const text = await source.get(PART_OVERLAY_KEY);
  if (text === null || text.length > LARGEST_PART_CHARACTERS) return null;
  const parsed = parseOverlay(text);
  return parsed.ok ? parsed.overlay : null;
}
