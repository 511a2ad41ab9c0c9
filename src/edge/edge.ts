/** One edge: state, follower, metrics and log joined; the same on every runtime. */
import { parseCidrs } from "../core/address/cidr.ts";
import type { ForwardingHeader } from "../core/address/client-address.ts";
import { type OutlierChange, recordOutcome, returnOrigin } from "../core/health/outlier.ts";
import type { GeoPoint } from "../core/model.ts";
import type { SnapshotSource } from "../core/snapshot/load.ts";
import { accessLogLines } from "./access-log.ts";
import { type ClientSources, identifyClient } from "./client.ts";
import { follower, type Follower } from "./follow.ts";
import type { EdgeGauges, EdgeMetrics } from "./metrics.ts";
import type { RequestRules } from "./rules.ts";
import { type EdgeState, newEdgeState } from "./state.ts";

export interface EdgeOptions {
  /** In the store's key alphabet, unique in the fleet. */
  readonly name: string;
  readonly location: GeoPoint | null;
  /** CIDRs; RangeError for one that is none. */
  readonly trustedProxies: readonly string[];
  /** How many hops in front are believed whatever their address; 0 for none. */
  readonly trustedHops: number;
  /** The header that the proxies in front maintain; null when nobody told. */
  readonly trustedHeader: ForwardingHeader | null;
  readonly debugToken: string | null;
}

export interface EdgeDeps extends Pick<ClientSources, "locator" | "headerLocation" | "zonePoint"> {
  readonly source: SnapshotSource;
  readonly report: ((edge: string, text: string) => Promise<void>) | null;
  readonly now: () => number;
  readonly random: () => number;
  /** Where requests are counted; a runtime without an admin listener has nobody to show more than a number to. */
  readonly metrics: (gauges: EdgeGauges) => EdgeMetrics;
  /** One JSON line per request; null writes none. */
  readonly accessLog: ((line: string) => void) | null;
  /** JSON lines for operators: ejections, snapshots refused. */
  readonly log: (line: string) => void;
}

export interface Edge extends Follower {
  readonly state: EdgeState;
  /** Where it reads its snapshots. */
  readonly source: SnapshotSource;
  /** What its requests share: for `handle`, or for an engine of the runtime's own. */
  readonly rules: RequestRules;
  metricsText(): string;
  /** Ends an ejection early, as after good probes. */
  returnOrigin(origin: string, cause: string): void;
  /** Null when requests can be served, otherwise why not. */
  notReady(): string | null;
}

/** An edge before its first snapshot: call `coldStart`, then `refresh` from time to time. */
export function createEdge(options: EdgeOptions, deps: EdgeDeps): Edge {
  const trust = readTrust(options);
  const state = newEdgeState(options.name, options.location, Math.floor(deps.random() * 0x1_0000_0000));
  const metrics = deps.metrics({
    generation: () => state.serving?.loaded.manifest.generation ?? null,
    snapshotAgeSeconds: () =>
      state.serving === null ? null : (deps.now() - state.serving.loaded.manifest.publishedAtMs) / 1000,
    liveRequests: () => state.liveRequests,
    ejectedOrigins: () => [...state.outliers.ejections.values()].filter((one) => one.untilMs > deps.now()).length,
  });
  const say = (event: string, more: object) =>
    deps.log(JSON.stringify({ time: new Date(deps.now()).toISOString(), edge: options.name, event, ...more }));
  const tell = (change: OutlierChange | null) => {
    if (change === null) return;
    if (change.kind === "ejected") metrics.ejection(change.origin.slice(0, change.origin.indexOf("|")));
    say(change.kind, { origin: change.origin, cause: change.cause });
  };
  let lastProblem = "";
  const follow = follower({
    state,
    source: deps.source,
    report: deps.report,
    now: deps.now,
    requests: metrics.requests,
    onProblem(kind, problems) {
      if (kind === "refused") metrics.snapshotRefused();
      else metrics.storeError();
      // Said once, not at every poll of a store that stays as it is.
      const text = problems.join("; ");
      if (text !== lastProblem) say(kind === "refused" ? "snapshot-refused" : "store-unreachable", { problems });
      lastProblem = text;
    },
  });
  const { locator, headerLocation, zonePoint, now, random } = deps;
  const line = accessLogLines(options.name);
  const rules: RequestRules = {
    state,
    now,
    random,
    zonePoint,
    identify: (request, overrides) => identifyClient(request, { trust, overrides, locator, headerLocation, zonePoint }),
    debugToken: options.debugToken,
    onOutcome: (origin, outcome) => tell(recordOutcome(state.outliers, origin, outcome, now())),
    onEvent(event) {
      const nowMs = now();
      metrics.request(event, nowMs);
      deps.accessLog?.(line(event, nowMs));
    },
  };
  return {
    ...follow,
    state,
    source: deps.source,
    rules,
    metricsText: metrics.text,
    returnOrigin: (origin, cause) => tell(returnOrigin(state.outliers, origin, cause)),
    notReady: () => (state.serving === null ? "no snapshot is loaded yet" : null),
  };
}

function readTrust({ trustedProxies, trustedHops, trustedHeader }: EdgeOptions): ClientSources["trust"] {
  const { cidrs, malformed } = parseCidrs(trustedProxies);
  if (malformed.length > 0) throw new RangeError(`Cannot trust the proxy "${malformed[0]}": it is not a CIDR`);
  return { cidrs, hops: trustedHops, header: trustedHeader };
}
