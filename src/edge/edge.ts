/** One edge in a process that stays: what serves, the follower of the store, and what watches health, joined. */
import { parseCidrs } from "../core/address/cidr.ts";
import type { ForwardingHeader } from "../core/address/client-address.ts";
import { allPolicies } from "../core/all-policies.ts";
import type { Places } from "../core/geo/client-location.ts";
import { KNOWN_COUNTRIES } from "../core/geo/countries.ts";
import { newChoices, noteChoice } from "../core/health/moves.ts";
import { DWELL_MS } from "../core/health/round-trip.ts";
import { notePace, type Paces } from "../core/health/stall.ts";
import type { SnapshotSource } from "../core/snapshot/load.ts";
import { type ClientSources, identifyClient } from "./client.ts";
import { follower, type Follower } from "./follow.ts";
import { gaugesOf } from "./gauges.ts";
import type { EdgeGauges, EdgeMetrics } from "./metrics.ts";
import type { RequestRules } from "./rules.ts";
import { servingEdge, type ServingDeps, type ServingOptions } from "./serving.ts";
import type { EdgeState } from "./state.ts";
import { toHttps } from "./to-https.ts";
import { type Watch, watchHealth } from "./watch.ts";

export interface EdgeOptions extends ServingOptions {
  /** CIDRs; RangeError for one that is none. */
  readonly trustedProxies: readonly string[];
  /** How many hops in front are believed whatever their address; 0 for none. */
  readonly trustedHops: number;
  /** The header that the proxies in front maintain; null when nobody told. */
  readonly trustedHeader: ForwardingHeader | null;
  /** Shortest time between two changes of one measured round-trip, and of a choice; a minute unless said otherwise. */
  readonly dwellMs?: number;
}

export interface EdgeDeps
  extends Omit<ServingDeps, "identify" | "places" | "toHttps" | "noteChoice" | "onAnswer" | "metrics">,
    Pick<ClientSources, "locator" | "headerLocation" | "zonePoint"> {
  readonly source: SnapshotSource;
  /** Where requests are counted. */
  readonly metrics: (gauges: EdgeGauges) => EdgeMetrics;
  readonly report: ((edge: string, text: string) => Promise<void>) | null;
}

export interface Edge extends Follower, Pick<Watch, "probed" | "tick"> {
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
  const { locator, headerLocation, zonePoint, source, report, now } = deps;
  const choices = newChoices();
  const paces: Paces = new Map();
  const places: Places = { zonePoint, countries: KNOWN_COUNTRIES };
  const { state, rules, health, metrics, follow } = servingEdge(options, {
    ...deps,
    places,
    toHttps: toHttps(null),
    metrics: (served) => deps.metrics(gaugesOf(served, now)),
    identify: (request, overrides) => identifyClient(request, { ...places, trust, overrides, locator, headerLocation }),
    noteChoice: (decision, nowMs) => noteChoice(choices, decision, nowMs),
    onAnswer: (origin, durationMs) => notePace(paces, origin, durationMs, now()),
  });
  const { say, tell } = health;
  const { dwellMs = DWELL_MS } = options;
  state.dwellMs = dwellMs;
  const watch = watchHealth({ state, now, dwellMs, paces, say, tell });
  return {
    ...follower({ ...follow, source, report, bring: () => Promise.resolve(allPolicies) }),
    state,
    source,
    rules,
    metricsText: metrics.text,
    returnOrigin: watch.returned,
    probed: watch.probed,
    tick: watch.tick,
    notReady: () => (state.serving === null ? "no snapshot is loaded yet" : null),
  };
}

function readTrust({ trustedProxies, trustedHops, trustedHeader }: EdgeOptions): ClientSources["trust"] {
  const { cidrs, malformed } = parseCidrs(trustedProxies);
  if (malformed.length > 0) throw new RangeError(`Cannot trust the proxy "${malformed[0]}": it is not a CIDR`);
  return { cidrs, hops: trustedHops, header: trustedHeader };
}
