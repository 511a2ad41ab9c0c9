/** One gateway: pods, ejections, metrics and log joined, for the engine that carries requests. */
import type { PodTable } from "../../core/gateway/pod-table.ts";
import { NO_LOCATION } from "../../core/geo/client-location.ts";
import { type OutlierChange, recordOutcome } from "../../core/health/outlier.ts";
import type { OutlierState } from "../../core/health/outlier-state.ts";
import { originKey } from "../../core/health/view.ts";
import { replayWindow } from "../../core/hop/replay-window.ts";
import type { HopGate } from "../../core/hop/verify.ts";
import type { Origin } from "../../core/model.ts";
import { accessLogLines } from "../access-log.ts";
import type { Front } from "../http1/front.ts";
import type { RequestRules } from "../rules.ts";
import { newEdgeState } from "../state.ts";
import { gatewayFront, OWN_CLUSTER } from "./gateway-front.ts";
import { gatewayMetrics } from "./gateway-metrics.ts";

export interface GatewayDeps {
  readonly name: string;
  readonly zone: string | null;
  readonly mac: HopGate["mac"];
  readonly now: () => number;
  readonly random: () => number;
  /** One JSON line per request; null writes none. */
  readonly accessLog: ((line: string) => void) | null;
  /** JSON lines for operators: ejections. */
  readonly log: (line: string) => void;
}

export interface Gateway {
  /** What its requests share. */
  readonly rules: RequestRules;
  /** Makes the front of an engine that knows how many requests an origin has under way. */
  front(inFlight: (origin: Origin) => number): Front;
  /** Takes new pods into use for the requests that come; those under way end where they are. */
  usePods(table: PodTable): void;
  readonly pods: () => PodTable;
  metricsText(): string;
}

/** A gateway that knows no pods yet. */
export function createGateway(deps: GatewayDeps): Gateway {
  const { now, random, zone } = deps;
  const state = newEdgeState(deps.name, null, Math.floor(random() * 0x1_0000_0000));
  const window = replayWindow();
  const line = accessLogLines(deps.name);
  let table: PodTable = new Map();
  const each = () => [...new Set(table.values())];
  const metrics = gatewayMetrics({
    liveRequests: () => state.liveRequests,
    ejectedPods: () => [...state.outliers.ejections.values()].filter((one) => one.untilMs > now()).length,
    readyPods: () => each().reduce((sum, pods) => sum + pods.length, 0),
    servicePorts: () => each().length,
  });
  const tell = (change: OutlierChange | null): void => {
    if (change === null) return;
    if (change.kind === "ejected") metrics.ejection(OWN_CLUSTER);
    const pod = change.origin.slice(OWN_CLUSTER.length + 1);
    const { kind: event, cause } = change;
    deps.log(JSON.stringify({ time: new Date(now()).toISOString(), gateway: deps.name, event, pod, cause }));
  };
  const rules: RequestRules = {
    state,
    now,
    random,
    identify: () => ({
      client: { address: null, class: "none", location: NO_LOCATION },
      trusted: false,
      chain: null,
    }),
    // Edges say over what they were asked; a gateway sends nobody anywhere.
    toHttps: () => null,
    places: { zonePoint: null, countries: null },
    pinKeys: null,
    debugToken: null,
    onOutcome: (origin, outcome) => tell(recordOutcome(state.outliers, origin, outcome, now())),
    onEvent(event) {
      const nowMs = now();
      metrics.request(event, nowMs);
      deps.accessLog?.(line(event, nowMs));
    },
  };
  const gate = (): HopGate => ({ mac: deps.mac, window, nowSeconds: Math.floor(now() / 1000) });
  return {
    rules,
    front: (inFlight) =>
      gatewayFront({
        state,
        gate,
        pods: () => table,
        zone,
        inFlight,
        now,
        random,
        onRefused: metrics.hopRefused,
      }),
    usePods(next) {
      table = next;
      forgetGone(state.outliers, next);
    },
    pods: () => table,
    metricsText: metrics.text,
  };
}

/** Pods come and go by the thousand, and their addresses are given to others. */
function forgetGone({ tracks, ejections }: OutlierState, table: PodTable): void {
  const known = new Set<string>();
  for (const pods of table.values()) for (const { origin } of pods) known.add(originKey(OWN_CLUSTER, origin));
  for (const key of tracks.keys()) if (!known.has(key)) tracks.delete(key);
  for (const key of ejections.keys()) if (!known.has(key)) ejections.delete(key);
}
