/**
 * Many edges' reports become one opinion. An origin is down when more than half of those say so that have an opinion of
 * late and trust themselves; one voice among several edges convicts nobody. A verdict without voices is unknown again.
 */
import { networkPlace, type NetworkPlace } from "../geo/network-distance.ts";
import type {
  BackendVerdict,
  ClusterLoad,
  EdgeReport,
  HealthEvent,
  HealthOverlay,
  OriginHealth,
  RoundTrip,
} from "./model.ts";
import type { Cluster, GeoPoint } from "../model.ts";
import { calibrate } from "./calibrate.ts";
import { mergeEvents } from "./events.ts";
import { packTrips } from "../snapshot/round-trips.ts";
import { type Held, hold, MIN_SAMPLES } from "./round-trip.ts";
import { backendKey, roundTripKey } from "./view.ts";

/** Reports older than this have no voice. */
export const REPORT_VALID_MS = 30_000;
const MEASURED_VALID_MS = 600_000;
const MAX_EVENTS = 400;

/** What is remembered between two merges; all of it can be lost. */
export interface MergeMemory {
  readonly origins: ReadonlyMap<string, OriginHealth>;
  readonly verdicts: ReadonlyMap<string, BackendVerdict>;
  readonly held: ReadonlyMap<string, Held>;
  readonly events: readonly HealthEvent[];
}

/** A memory that holds nothing. */
export const NO_MEMORY: MergeMemory = { origins: new Map(), verdicts: new Map(), held: new Map(), events: [] };

export interface Merged {
  readonly memory: MergeMemory;
  readonly overlay: Pick<HealthOverlay, "origins" | "verdicts" | "roundTrips" | "offered" | "events">;
}

export interface MergeInput {
  readonly reports: readonly EdgeReport[];
  readonly clusters: readonly Cluster[];
  /** Control's own events since the last merge. */
  readonly events: readonly HealthEvent[];
  readonly nowMs: number;
  readonly dwellMs: number;
}

/** Pure; `memory` is what the last merge returned. */
export function mergeReports(input: MergeInput, memory: MergeMemory): Merged {
  const { nowMs } = input;
  const fresh = input.reports.filter((report) => nowMs - report.reportedAtMs <= REPORT_VALID_MS);
  const voices = fresh.filter((report) => !report.distrustsItself);
  const told: HealthEvent[] = [...input.events];
  const origins = conclude(voices, {
    of: (report) => report.origins,
    keyOf: (one) => one.origin,
    before: memory.origins,
    changed: (one, before) => told.push(verdictEvent("origin", one.origin, one, before, nowMs)),
    nowMs,
  });
  const verdicts = conclude(voices, {
    of: (report) => report.verdicts,
    keyOf: (one) => backendKey(one.cluster, one.service),
    before: memory.verdicts,
    changed: (one, before) =>
      told.push(verdictEvent("backend", backendKey(one.cluster, one.service), one, before, nowMs)),
    nowMs,
  });
  const trips = mergeRoundTrips(fresh, input, memory.held);
  const events = mergeEvents([memory.events, ...fresh.map((report) => report.events), told], MAX_EVENTS);
  return {
    memory: { origins, verdicts, held: trips.held, events },
    overlay: {
      origins: [...origins.values()],
      verdicts: [...verdicts.values()],
      roundTrips: packTrips(trips.roundTrips),
      offered: addOffered(fresh),
      events,
    },
  };
}

/** An edge that distrusts its probes still knows what it sends where. */
function addOffered(reports: readonly EdgeReport[]): readonly ClusterLoad[] {
  const sums = new Map<string, number>();
  for (const { offered } of reports) {
    for (const { cluster, perSecond } of offered) sums.set(cluster, (sums.get(cluster) ?? 0) + perSecond);
  }
  return [...sums]
    .map(([cluster, perSecond]) => ({ cluster, perSecond }))
    .sort((a, b) => (a.cluster < b.cluster ? -1 : 1));
}

interface Opinion {
  readonly cluster: string;
  readonly verdict: "up" | "down";
  readonly sinceMs: number;
  readonly cause: string;
}

function conclude<T extends Opinion>(
  voices: readonly EdgeReport[],
  rules: {
    readonly of: (report: EdgeReport) => readonly T[];
    readonly keyOf: (one: T) => string;
    readonly before: ReadonlyMap<string, T>;
    readonly changed: (one: T, before: T | null) => void;
    readonly nowMs: number;
  },
): ReadonlyMap<string, T> {
  const votes = new Map<string, { one: T; down: T[]; all: number }>();
  for (const report of voices) {
    for (const one of rules.of(report)) {
      const key = rules.keyOf(one);
      const vote = votes.get(key) ?? { one, down: [], all: 0 };
      votes.set(key, vote);
      vote.all += 1;
      if (one.verdict === "down") vote.down.push(one);
    }
  }
  const result = new Map<string, T>();
  for (const [key, { one, down, all }] of [...votes].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const known = rules.before.get(key) ?? null;
    const [first] = down;
    const isDown = first !== undefined && down.length * 2 > all && (all > 1 || voices.length === 1);
    const verdict = isDown ? "down" : "up";
    if (known?.verdict === verdict) result.set(key, known);
    // Who was never down has not come back: no entry, so that nothing starts slowly for no reason.
    else if (isDown || known !== null) {
      const cause = isDown
        ? `${down.length} of ${all} edges: ${first.cause}`
        : `${all - down.length} of ${all} edges reach it`;
      const next = { ...one, verdict, sinceMs: rules.nowMs, cause };
      result.set(key, next);
      rules.changed(next, known);
    }
  }
  return result;
}

function verdictEvent(
  kind: "origin" | "backend",
  subject: string,
  one: Opinion,
  before: Opinion | null,
  nowMs: number,
): HealthEvent {
  const { cause, verdict } = one;
  return {
    atMs: nowMs,
    by: "control",
    what: `${kind}-${verdict}`,
    subject,
    cause,
    sinceMs: before?.sinceMs ?? null,
    move: null,
  };
}

/** Windowed minima per place, and what they make likely where nobody measured. */
function mergeRoundTrips(
  fresh: readonly EdgeReport[],
  { clusters, nowMs, dwellMs }: MergeInput,
  before: ReadonlyMap<string, Held>,
): { readonly roundTrips: readonly RoundTrip[]; readonly held: ReadonlyMap<string, Held> } {
  const measured = new Map<string, RoundTrip>();
  for (const report of fresh) {
    for (const { cluster, us, samples, observedAtMs } of report.roundTrips) {
      if (samples < MIN_SAMPLES || nowMs - observedAtMs > MEASURED_VALID_MS) continue;
      // Edges of one place share what they measured: the minimum counts.
      for (const place of placesLike(report, fresh)) {
        const key = roundTripKey(place, cluster);
        const known = measured.get(key);
        if (known !== undefined && known.us <= us) continue;
        measured.set(key, { place, cluster, us, samples, observedAtMs, basis: "measured" });
      }
    }
  }
  const trips = [...measured.values(), ...calibrated(fresh, clusters, [...measured.values()], nowMs)];
  const held = new Map<string, Held>();
  const roundTrips = trips.map((trip) => {
    const key = roundTripKey(trip.place, trip.cluster);
    const value = hold(before.get(key) ?? null, trip.us, { nowMs, dwellMs });
    held.set(key, value);
    return { ...trip, us: value.us };
  });
  return { roundTrips, held };
}

function placesLike(report: EdgeReport, reports: readonly EdgeReport[]): readonly string[] {
  if (report.place === null) return [report.edge];
  const here = spot(report.place);
  return reports.filter((one) => one.place !== null && spot(one.place) === here).map((one) => one.edge);
}

/** A tenth of a degree is a town. */
function spot({ latitude, longitude }: GeoPoint): string {
  return `${Math.round(latitude * 10)},${Math.round(longitude * 10)}`;
}

function calibrated(
  fresh: readonly EdgeReport[],
  clusters: readonly Cluster[],
  measured: readonly RoundTrip[],
  nowMs: number,
): readonly RoundTrip[] {
  const located = clusters.flatMap(({ name, location }) => (location === null ? [] : [{ name, location }]));
  const known = new Set(measured.map((trip) => roundTripKey(trip.place, trip.cluster)));
  const wanted = fresh.filter(
    ({ place, edge }) => place !== null && located.some(({ name }) => !known.has(roundTripKey(edge, name))),
  );
  if (wanted.length === 0 || measured.length === 0) return [];
  const places = new Map<string, NetworkPlace>();
  for (const { edge, place } of fresh) if (place !== null) places.set(edge, networkPlace(place));
  const estimate = calibrate(
    places,
    new Map(located.map(({ name, location }) => [name, networkPlace(location)])),
    measured,
  );
  return wanted.flatMap(({ edge: place }) =>
    located.flatMap(({ name: cluster }): RoundTrip[] => {
      const us = known.has(roundTripKey(place, cluster)) ? null : estimate(place, cluster);
      return us === null ? [] : [{ place, cluster, us, samples: 0, observedAtMs: nowMs, basis: "calibrated" }];
    }),
  );
}
