/** What only a process that stays can see of health: probes, stalled origins, ejections that end. */
import { ejectByProbe, ejectStalled, expireEjections, returnOrigin } from "../core/health/outlier.ts";
import { ejectionKind } from "../core/health/outlier-state.ts";
import {
  judgeItself,
  measureCluster,
  ORIGIN_PROBE,
  type ProbeResult,
  type ProbeTarget,
  recordProbe,
  verdictOf,
} from "../core/health/probes.ts";
import { type Paces, stalledForMs } from "../core/health/stall.ts";
import { originKey } from "../core/health/view.ts";
import type { EdgeHealth } from "./health.ts";
import { type EdgeState, refreshHealth } from "./state.ts";

export interface WatchDeps extends Pick<EdgeHealth, "say" | "tell"> {
  readonly state: EdgeState;
  readonly now: () => number;
  /** Shortest time between two changes of one measured round-trip. */
  readonly dwellMs: number;
  readonly paces: Paces;
}

export interface Watch {
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
export function watchHealth(deps: WatchDeps): Watch {
  const { state, now, paces, say, tell } = deps;
  // Of thousands of targets a probe is about one: the others are gone through only when there is something to learn.
  let known: readonly ProbeTarget[] = [];
  let byCluster = new Map<string, ProbeTarget[]>();
  const near = ({ cluster }: ProbeTarget): readonly ProbeTarget[] => byCluster.get(cluster) ?? [];
  const judge = (target: ProbeTarget, isNews: boolean) => {
    if (isNews && judgeItself(state.probes, state.targets)) {
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
    return target.check !== null && near(target).some(up) ? originKey(target.cluster, target.origin) : target.subject;
  };
  const forgetOwnVerdicts = () => {
    for (const target of state.targets) {
      if (verdictOf(state.probes, target.key).verdict !== "down") continue;
      tell(returnOrigin(state.outliers, target.subject, "the edge distrusts itself"));
    }
  };
  return {
    probed(target, result) {
      const nowMs = now();
      const { verdict: before } = verdictOf(state.probes, target.key);
      const isOther = state.targets !== known;
      if (isOther) byCluster = Map.groupBy((known = state.targets), (one) => one.cluster);
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
      judge(target, isOther || verdictOf(state.probes, target.key).verdict !== before);
      const measured = { targets: near(target), nowMs, dwellMs: deps.dwellMs };
      if (measureCluster(state.probes, state.name, target.cluster, measured)) refreshHealth(state);
    },
    returned: (key, cause) => tell(returnOrigin(state.outliers, key, cause, now())),
    tick() {
      for (const change of expireEjections(state.outliers, now())) tell(change);
      // Origins come and go with pods: what was learned of those that are gone is learned again if it must be.
      if (paces.size > MAX_PACES) paces.clear();
      for (const [origin] of paces) {
        const waiting = state.circuits.get(origin) ?? 0;
        const forMs = stalledForMs(paces, origin, waiting, now());
        if (forMs === null) continue;
        tell(
          ejectStalled(state.outliers, origin, `no answer to ${waiting} requests in ${Math.round(forMs)} ms`, now()),
        );
      }
    },
  };
}
