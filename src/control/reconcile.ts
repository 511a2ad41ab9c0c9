/**
 * ★ The life of a reconcile: observe → judge → compile → plan → apply. One function, read from top to bottom; every
 * write goes through the store's compare-and-set, so that two of these never interleave.
 */
import { compiler } from "../core/compile/compile.ts";
import { type MergeMemory, mergeReports, NO_MEMORY } from "../core/health/merge-reports.ts";
import { DWELL_MS } from "../core/health/round-trip.ts";
import type { ClusterHealth, HealthEvent, HealthOverlay } from "../core/health/model.ts";
import type { Snapshot } from "../core/model.ts";
import type { Observation, Problem } from "../core/objects.ts";
import { boundedOverlay } from "../core/snapshot/brief-overlay.ts";
import { type LoadedSnapshot, loadSnapshot } from "../core/snapshot/load.ts";
import { hashedSlices, publishSnapshot, type SliceMemory } from "../core/snapshot/publish.ts";
import { hashesOf, sliceKey } from "../core/snapshot/slice-lists.ts";
import type { ObjectReader } from "../kube/reader.ts";
import type { Store } from "../store/store.ts";
import { textStore } from "../store/text.ts";
import { drainClusters, refuseEmptyingDrains } from "./drain.ts";
import { type Interventions, readOrders, type Rollback } from "./interventions.ts";
import { type LastObservations, lastObservations } from "./last-observations.ts";
import { apiEvents, judgeApis, makeOverlay, readReports } from "./overlay.ts";
import { type Retention, retention } from "./retention.ts";
import { keptSnapshot } from "./rollback.ts";
import { type Withheld, withholdRemovals } from "./withhold.ts";

export interface ControlDeps {
  readonly store: Store;
  readonly config: ObjectReader;
  /** Readers of the member clusters, as they are now. */
  readonly clusters: () => readonly ObjectReader[];
  /** SHA-256 of a text, hex. */
  readonly digest: (text: string) => Promise<string>;
  readonly sign: ((text: string) => Promise<{ readonly keyId: string; readonly signature: string }>) | null;
  readonly verify: ((text: string, keyId: string, signature: string) => Promise<boolean>) | null;
  readonly now: () => number;
}

export interface ControlOptions {
  readonly audience: string;
  readonly allowPrivateOrigins: boolean;
  /** Shortest time between two changes of one round-trip; a minute unless said otherwise. */
  readonly dwellMs?: number;
}

/** What one control function remembers between two reconciles; all of it can be read back from the store. */
export interface ControlState {
  published: LoadedSnapshot | null;
  /** Store version of the manifest of `published`. */
  publishedAs: string | null;
  readonly compile: ReturnType<typeof compiler>;
  readonly slices: SliceMemory;
  readonly retention: Retention;
  readonly remembered: LastObservations;
  apiHealth: ReadonlyMap<string, ClusterHealth>;
  merge: MergeMemory;
  /** What control did or saw since the last overlay. */
  readonly events: HealthEvent[];
}

export interface ReconcileResult {
  readonly outcome: "published" | "unchanged" | "waiting" | "lost-race";
  /** What is served now; null before the first. */
  readonly published: LoadedSnapshot | null;
  readonly overlay: HealthOverlay | null;
  readonly problems: readonly Problem[];
  readonly withheld: readonly Withheld[];
  /** SHA-256 of the removal that is withheld; approve it to let the hosts go. */
  readonly approval: string | null;
  /** What people have ordered. */
  readonly orders: Interventions;
  /** What the sources said; null before everything was read once. */
  readonly observations: { readonly config: Observation; readonly clusters: readonly Observation[] } | null;
}

/** A state that knows nothing yet. */
export function newControlState(store: Store): ControlState {
  return {
    published: null,
    publishedAs: null,
    compile: compiler(),
    slices: new WeakMap(),
    retention: retention(store),
    remembered: lastObservations(store),
    apiHealth: new Map(),
    merge: NO_MEMORY,
    events: [],
  };
}

/** Reconciles once. Rejects when the store cannot be reached; nothing is half-written then. */
export async function reconcile(
  deps: ControlDeps,
  state: ControlState,
  options: ControlOptions,
): Promise<ReconcileResult> {
  const text = textStore(deps.store);
  const nowMs = deps.now();

  // Observe. The store first: another control function may have published since.
  const manifest = await text.getVersioned("manifest");
  if (manifest === null || manifest.version !== state.publishedAs) {
    state.publishedAs = (await load(deps, state, options)) ? (manifest?.version ?? null) : null;
  }
  const readers = deps.clusters();
  for (const reader of [deps.config, ...readers]) await state.remembered.recall(reader.cluster);
  const config = state.remembered.complete(deps.config.observe());
  const clusters = readers.map((reader) => state.remembered.complete(reader.observe()));
  if (!config.complete) return waiting(state);

  // Judge and compile.
  const apisBefore = state.apiHealth;
  state.apiHealth = judgeApis(clusters, apisBefore, nowMs);
  state.events.push(...apiEvents(apisBefore, state.apiHealth, nowMs));
  const previous = state.published?.snapshot ?? null;
  const compiled = state.compile({
    config,
    clusters,
    previous,
    allowPrivateOrigins: options.allowPrivateOrigins,
    nowMs,
  });
  const orders = await readOrders(deps.store);
  const hashes = new Map<string, string>();
  const decision = withholdRemovals(previous, compiled.snapshot, config, clusters, () => false);
  if (decision.removal !== "") hashes.set(decision.removal, await deps.digest(decision.removal));
  const isApproved = (removal: string) => orders.approved.includes(hashes.get(removal) ?? "");
  const judged = isApproved(decision.removal)
    ? withholdRemovals(previous, compiled.snapshot, config, clusters, isApproved)
    : decision;
  const drains = refuseEmptyingDrains(previous, judged.snapshot, config.objects.clusters);
  const source = { ...deps, get: text.get, audience: options.audience };
  const kept = orders.rollback === null ? null : await keptSnapshot(source, orders.rollback);
  const problems = [...compiled.problems, ...drains.problems, ...(kept?.ok === false ? [kept.problem] : [])];
  const wanted = kept === null ? drains.snapshot : kept.ok ? kept.snapshot : (previous ?? drains.snapshot);
  const snapshot = drainClusters(wanted, orders.drains);

  // Apply: health always, configuration only when it differs.
  const reports = await readReports(deps.store);
  const events = state.events.splice(0);
  const dwellMs = options.dwellMs ?? DWELL_MS;
  const merged = mergeReports({ reports, clusters: drains.snapshot.clusters, events, nowMs, dwellMs }, state.merge);
  state.merge = merged.memory;
  const overlay = makeOverlay(clusters, compiled.counts, state.apiHealth, merged.overlay, nowMs);
  await text.put("overlay", boundedOverlay(overlay), "any");
  const plan = { snapshot, replaces: manifest?.version ?? null, nowMs, pinned: orders.rollback };
  const outcome = await publishIfChanged(deps, state, options, plan);
  // Behind what edges wait for: it only helps a control function that starts while an API is away.
  await state.remembered.remember([config, ...clusters].filter(isRead(deps.config, readers)), nowMs);
  const approval = judged.removal === "" ? null : (hashes.get(judged.removal) ?? null);
  const observations = { config, clusters };
  return {
    outcome,
    published: state.published,
    overlay,
    problems,
    withheld: judged.withheld,
    approval,
    orders,
    observations,
  };
}

interface PublishPlan {
  readonly snapshot: Snapshot;
  /** Store version of the manifest that it replaces. */
  readonly replaces: string | null;
  readonly nowMs: number;
  /** A generation that must not be pruned. */
  readonly pinned: Rollback | null;
}

async function publishIfChanged(
  deps: ControlDeps,
  state: ControlState,
  options: ControlOptions,
  plan: PublishPlan,
): Promise<"published" | "unchanged" | "lost-race"> {
  const { snapshot, replaces, nowMs } = plan;
  const text = textStore(deps.store);
  const current = state.published;
  // A store that was wiped holds nothing any more, whatever this process remembers.
  const known = new Set(replaces === null || current === null ? [] : hashesOf(current.manifest));
  const held = new Set(known);
  // Each text is written while it is at hand: what is not known is part of no snapshot yet, and nobody reads it.
  const slices = await hashedSlices(snapshot, deps.digest, state.slices, async (slice, hash) => {
    if (held.has(hash)) return;
    await text.put(sliceKey(hash), slice.text, "any");
    held.add(hash);
  });
  if (current !== null && replaces !== null) {
    const isSame = slices.length === current.manifest.slices.length && slices.every(({ hash }) => known.has(hash));
    if (isSame) return "unchanged";
  }
  // Without a manifest to go on from, time gives an epoch that is newer than whatever edges still hold.
  const epoch = current?.manifest.epoch ?? Math.floor(nowMs / 1000);
  const version = { epoch, generation: (current?.manifest.generation ?? 0) + 1 };
  const published = await publishSnapshot({ put: text.put, digest: deps.digest, sign: deps.sign }, snapshot, {
    ...version,
    audience: options.audience,
    publishedAtMs: nowMs,
    replaces,
    knownSlices: held,
    slices,
  });
  if (published === null) return "lost-race";
  const subject = `${version.epoch}.${version.generation}`;
  const cause = `${snapshot.hosts.length} hosts, ${snapshot.clusters.length} clusters`;
  state.events.push({ atMs: nowMs, by: "control", what: "published", subject, cause, sinceMs: null, move: null });
  // The way back through the edge's own loader is the dry run: what an edge could not load would show here first.
  state.publishedAs = (await load(deps, state, options)) ? published.version : null;
  state.retention.note(version, hashesOf(published.manifest));
  await state.retention.prune(plan.pinned);
  return "published";
}

/** Takes what the store holds now through the edge's own loader; false when there is nothing that can be loaded. */
async function load(deps: ControlDeps, state: ControlState, { audience }: ControlOptions): Promise<boolean> {
  const loaded = await loadSnapshot({ ...deps, get: textStore(deps.store).get, audience }, state.published);
  if (loaded.result === "loaded") state.published = loaded.loaded;
  return loaded.result === "loaded" || loaded.result === "unchanged";
}

function isRead(config: ObjectReader, readers: readonly ObjectReader[]): (observation: Observation) => boolean {
  const read = new Set([config, ...readers].filter((one) => one.observe().complete).map((one) => one.cluster));
  return (observation) => read.has(observation.cluster);
}

function waiting(state: ControlState): ReconcileResult {
  const orders = { approved: [], rollback: null, drains: [] };
  return {
    outcome: "waiting",
    published: state.published,
    overlay: null,
    problems: [],
    withheld: [],
    approval: null,
    orders,
    observations: null,
  };
}
