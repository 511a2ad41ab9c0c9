import { verdictOf } from "../core/health/probes.ts";
import type { BackendVerdict, EdgeReport, OriginHealth } from "../core/health/model.ts";
import type { Version } from "../core/model.ts";
import { offeredLoad } from "./offered.ts";
import type { EdgeState } from "./state.ts";

/** Newest events in a report: control keeps the ring, a report that is lost loses the oldest. */
const REPORTED_EVENTS = 100;

/** What an edge tells control: its generation, what it found out about origins and backends, and how far they are. */
export function edgeReport(
  state: EdgeState,
  { epoch, generation, hash }: Version & Pick<EdgeReport, "hash">,
  { nowMs, requests }: { readonly nowMs: number; readonly requests: number },
): EdgeReport {
  return {
    edge: state.name,
    place: state.location,
    epoch,
    generation,
    hash,
    loadedAtMs: state.serving?.loadedAtMs ?? 0,
    reportedAtMs: nowMs,
    requests,
    ...reportHealth(state, nowMs),
  };
}

/** The part of it that is about health: probes vote, ejections overrule them. */
function reportHealth(
  state: EdgeState,
  nowMs: number,
): Pick<EdgeReport, "origins" | "verdicts" | "roundTrips" | "offered" | "events" | "distrustsItself"> {
  const origins = new Map<string, OriginHealth>();
  const verdicts = new Map<string, BackendVerdict>();
  for (const target of state.targets) {
    const { verdict, sinceMs, cause } = verdictOf(state.probes, target.key);
    const { cluster, service, subject } = target;
    if (verdict === "unknown") continue;
    if (service === null) origins.set(subject, { cluster, origin: subject, verdict, sinceMs, cause });
    // A Service with several origins is up as long as one of them is.
    else if (verdicts.get(subject)?.verdict !== "up")
      verdicts.set(subject, { cluster, service, verdict, sinceMs, cause });
  }
  for (const [key, { untilMs, sinceMs, cause }] of state.outliers.ejections) {
    if (untilMs <= nowMs) continue;
    const bar = key.indexOf("|");
    const [cluster, rest] = [key.slice(0, bar), key.slice(bar + 1)];
    const down = { cluster, verdict: "down" as const, sinceMs, cause };
    if (rest.includes("://")) origins.set(key, { ...down, origin: key });
    else verdicts.set(key, { ...down, service: rest });
  }
  return {
    origins: [...origins.values()],
    verdicts: [...verdicts.values()],
    roundTrips: [...state.probes.measured.values()].map(({ cluster, us, samples, observedAtMs }) => ({
      cluster,
      us,
      samples,
      observedAtMs,
    })),
    offered: offeredLoad(state.offered, nowMs),
    events: state.events.slice(-REPORTED_EVENTS),
    distrustsItself: state.probes.distrustsItself,
  };
}
