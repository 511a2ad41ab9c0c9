/** One edge's own view of health: what real traffic and its probes say, and the events that tell how it came to it. */
import { addEvent } from "../core/health/events.ts";
import { type Choices, noteChoice } from "../core/health/moves.ts";
import {
  ejectByProbe,
  ejectionKind,
  ejectStalled,
  expireEjections,
  type OutlierChange,
  recordBackend,
  recordOutcome,
  returnOrigin,
} from "../core/health/outlier.ts";
import {
  judgeItself,
  measureCluster,
  ORIGIN_PROBE,
  type ProbeResult,
  type ProbeTarget,
  recordProbe,
  verdictOf,
} from "../core/health/probes.ts";
import { notePace, type Paces, stalledForMs } from "../core/health/stall.ts";
import { backendKey, originKey } from "../core/health/view.ts";
import type { HealthEvent } from "../core/model.ts";
import type { AttemptOutcome } from "../core/retry.ts";
import type { RequestEvent } from "./event.ts";
import { type EdgeState, refreshHealth } from "./state.ts";

export interface EdgeHealthDeps {
  readonly state: EdgeState;
  readonly now: () => number;
  /** Shortest time between two changes of one measured round-trip. */
  readonly dwellMs: number;
  readonly onEvent: (event: HealthEvent) => void;
}

export interface EdgeHealth {
  /** A try ended. */
  tried(origin: string, outcome: AttemptOutcome): void;
  /** A request ended. */
  answered(event: RequestEvent): void;
  /** A probe ended. */
  probed(target: ProbeTarget, result: ProbeResult): void;
  /** Ends an ejection early. */
  returned(key: string, cause: string): void;
  /** Whatever only time changes; call it now and then. */
  tick(): void;
}

/** How many intervals the verdict of a probe holds when no further one comes. */
const INTERVALS_VALID = 3;
const MAX_PACES = 5000;

/** Keeps `state` up to date. */
export function edgeHealth(deps: EdgeHealthDeps): EdgeHealth {
  const { state, now } = deps;
  const choices: Choices = new Map();
  const paces: Paces = new Map();
  const say = (event: Omit<HealthEvent, "by">) => {
    const full = { ...event, by: state.name };
    addEvent(state.events, full);
    deps.onEvent(full);
  };
  const tell = (change: OutlierChange | null) => {
    if (change === null) return;
    const { origin, kind, cause, sinceMs } = change;
    say({ atMs: now(), what: kind, subject: origin, cause, sinceMs, move: null });
  };
  const judge = (target: ProbeTarget) => {
    if (judgeItself(state.probes, state.targets)) {
      const what = state.probes.distrustsItself ? "distrusts-itself" : "trusts-itself";
      const cause = state.probes.distrustsItself
        ? "most origins of most clusters look down from here: rather its own uplink"
        : "most origins answer again";
      say({ atMs: now(), what, subject: state.name, cause, sinceMs: null, move: null });
      if (state.probes.distrustsItself) forgetOwnVerdicts();
    }
    const { verdict, cause } = verdictOf(state.probes, target.key);
    if (verdict !== "down" || state.probes.distrustsItself) return;
    const { intervalMs } = target.check ?? ORIGIN_PROBE;
    const untilMs = now() + INTERVALS_VALID * Math.max(intervalMs, state.probeIntervalMs);
    tell(ejectByProbe(state.outliers, keyOfTrouble(target), { cause: `probe: ${cause}`, nowMs: now(), untilMs }));
  };
  // A Service with several origins is out only when the check fails at each of them; until then it is the origin.
  const keyOfTrouble = (target: ProbeTarget): string => {
    const up = (one: ProbeTarget) =>
      one.subject === target.subject && verdictOf(state.probes, one.key).verdict !== "down";
    return target.check !== null && state.targets.some(up) ? originKey(target.cluster, target.origin) : target.subject;
  };
  const forgetOwnVerdicts = () => {
    for (const target of state.targets) {
      if (verdictOf(state.probes, target.key).verdict !== "down") continue;
      tell(returnOrigin(state.outliers, target.subject, "the edge distrusts itself"));
    }
  };
  return {
    tried: (origin, outcome) => tell(recordOutcome(state.outliers, origin, outcome, now())),
    answered(event) {
      const { decision } = event;
      if (decision?.action !== "forward") return;
      const peers = decision.candidates.map((one) => backendKey(one.cluster, one.service));
      for (const { candidate, origin, outcome, durationMs } of event.tries) {
        if (outcome.type === "failed") continue;
        const { status } = outcome;
        const good = status < 500;
        notePace(paces, originKey(candidate.cluster, origin), durationMs, now());
        const key = backendKey(candidate.cluster, candidate.service);
        tell(recordBackend(state.outliers, key, { good, status, peers }, now()));
      }
      const move = noteChoice(choices, decision, now());
      if (move !== null) say(move);
    },
    probed(target, result) {
      const nowMs = now();
      const change = recordProbe(state.probes, target, result, nowMs);
      if (change !== null) {
        const { what, subject, cause, sinceMs } = change;
        say({ atMs: nowMs, what, subject, cause, sinceMs, move: null });
        for (const key of new Set([subject, originKey(target.cluster, target.origin)])) {
          if (what === "probe-up" && ejectionKind(state.outliers, key) === "probe") {
            tell(returnOrigin(state.outliers, key, cause, nowMs));
          }
        }
      }
      judge(target);
      const { name: place, targets } = state;
      if (measureCluster(state.probes, place, target.cluster, { targets, nowMs, dwellMs: deps.dwellMs })) {
        refreshHealth(state);
      }
    },
    returned: (key, cause) => tell(returnOrigin(state.outliers, key, cause, now())),
    tick() {
      for (const change of expireEjections(state.outliers, now())) tell(change);
      // Origins come and go with pods: what was learned of those that are gone is learned again if it must be.
      if (paces.size > MAX_PACES) paces.clear();
      for (const [origin] of paces) {
        const waiting = state.circuits.get(origin)?.requests ?? 0;
        const forMs = stalledForMs(paces, origin, waiting, now());
        if (forMs === null) continue;
        tell(
          ejectStalled(state.outliers, origin, `no answer to ${waiting} requests in ${Math.round(forMs)} ms`, now()),
        );
      }
    },
  };
}
