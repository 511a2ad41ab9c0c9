/** The part of an edge that serves: state, passive health, metrics and log joined; the same on every runtime. */
import type { Places } from "../core/geo/client-location.ts";
import type { GeoPoint } from "../core/model.ts";
import { accessLogLines } from "./access-log.ts";
import type { AdmitDeps } from "./admit.ts";
import type { RequestEvent } from "./event.ts";
import type { FollowDeps } from "./follow.ts";
import { type EdgeHealth, type EdgeHealthDeps, edgeHealth } from "./health.ts";
import type { EdgeMetrics } from "./metrics.ts";
import type { PinKeys } from "./pin.ts";
import type { RequestRules } from "./rules.ts";
import { type EdgeState, newEdgeState } from "./state.ts";
import type { Tap } from "./tap.ts";

export interface ServingOptions {
  /** In the store's key alphabet, unique in the fleet. */
  readonly name: string;
  readonly location: GeoPoint | null;
  readonly debugToken: string | null;
}

export interface ServingDeps extends Pick<EdgeHealthDeps, "noteChoice" | "onAnswer"> {
  readonly identify: AdmitDeps["identify"];
  readonly places: Places;
  readonly toHttps: AdmitDeps["toHttps"];
  readonly pinKeys: PinKeys | null;
  readonly now: () => number;
  readonly random: () => number;
  /** Where requests are counted; a runtime without an admin listener has nobody to show more than a number to. */
  readonly metrics: (state: EdgeState) => EdgeMetrics;
  /** One JSON line per request; null writes none. */
  readonly accessLog: ((line: string) => void) | null;
  /** Told of each request when its head has been answered, for traces; left out where nobody collects them. */
  readonly onRequest?: (event: RequestEvent, endedMs: number) => void;
  /** Whoever listens to decisions; left out where nobody can. */
  readonly tap?: Tap;
  /** JSON lines for operators: ejections, snapshots refused. */
  readonly log: (line: string) => void;
}

export interface ServingEdge {
  readonly state: EdgeState;
  /** What its requests share: for `handle`, or for an engine of the runtime's own. */
  readonly rules: RequestRules;
  readonly health: EdgeHealth;
  readonly metrics: EdgeMetrics;
  /** What a follower of the store is to tell this edge. */
  readonly follow: Pick<FollowDeps, "state" | "now" | "requests" | "onProblem">;
}

/** An edge before its first snapshot; whoever follows the store puts one into its state. */
export function servingEdge(options: ServingOptions, deps: ServingDeps): ServingEdge {
  const { now, random, places, toHttps, identify, pinKeys, noteChoice, onAnswer } = deps;
  const state = newEdgeState(options.name, options.location, Math.floor(random() * 0x1_0000_0000));
  const metrics = deps.metrics(state);
  const say = (event: string, more: object) =>
    deps.log(JSON.stringify({ time: new Date(now()).toISOString(), edge: options.name, event, ...more }));
  const health = edgeHealth({
    state,
    now,
    noteChoice,
    onAnswer,
    onEvent({ what, subject, cause, move }) {
      if (what === "ejected") metrics.ejection(subject.slice(0, subject.indexOf("|")));
      say(what, { origin: subject, cause, ...(move === null ? {} : { move }) });
    },
  });
  let lastProblem = "";
  const line = accessLogLines(options.name);
  return {
    state,
    health,
    metrics,
    rules: {
      state,
      now,
      random,
      places,
      toHttps,
      identify,
      pinKeys,
      debugToken: options.debugToken,
      onOutcome: health.tried,
      onFull: metrics.full,
      onEvent(event) {
        const nowMs = now();
        metrics.request(event, nowMs);
        health.answered(event);
        deps.accessLog?.(line(event, nowMs));
        deps.tap?.offer(event, () => line(event, nowMs));
        deps.onRequest?.(event, nowMs);
      },
    },
    follow: {
      state,
      now,
      requests: metrics.requests,
      onProblem(kind, problems) {
        if (kind === "refused") metrics.snapshotRefused();
        else metrics.storeError();
        // Said once, not at every poll of a store that stays as it is.
        const text = problems.join("; ");
        if (text !== lastProblem) say(kind === "refused" ? "snapshot-refused" : "store-unreachable", { problems });
        lastProblem = text;
      },
    },
  };
}
