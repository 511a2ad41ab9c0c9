/** Members of a k8gb group that publish to each other, as the case file's strategies, sequences and health speak of them. */
import { hostHealth, serviceHealth } from "../../src/core/dns/gslb/health.ts";
import { type GslbStrategy, gslbTargets } from "../../src/core/dns/gslb/strategy.ts";

export interface StrategyInput {
  readonly strategy: GslbStrategy;
  readonly cluster: string;
  readonly primaryGeoTag: string | null;
  readonly clusterIPs: Record<string, readonly string[]>;
  readonly healthyClusters: readonly string[];
  readonly reachablePeers: readonly string[];
}

/** What one member publishes: a peer shows its addresses while it is healthy and can be reached. */
export function publishedBy(input: StrategyInput): readonly string[] {
  const { strategy, cluster, primaryGeoTag, clusterIPs, healthyClusters, reachablePeers } = input;
  const local = (name: string): readonly string[] => (healthyClusters.includes(name) ? (clusterIPs[name] ?? []) : []);
  const peers = new Map(reachablePeers.filter((peer) => peer !== cluster).map((peer) => [peer, local(peer)]));
  return gslbTargets({ strategy, cluster, primaryGeoTag, own: local(cluster), peers });
}

type ServiceWord = "healthy" | "unhealthy" | "notfound";

export interface HealthInput {
  readonly policy: "Any" | "All";
  readonly services?: readonly ServiceWord[];
  readonly endpointSlices?: readonly { readonly readyEndpoints: number }[];
  readonly hosts?: Record<string, readonly ServiceWord[]>;
}

const SLICES = { healthy: [{ ready: 1 }], unhealthy: [{ ready: 0 }], notfound: null };

export function healthOf({ policy, services, endpointSlices, hosts }: HealthInput): unknown {
  const of = (words: readonly ServiceWord[]) =>
    hostHealth(
      policy,
      words.map((word) => serviceHealth(SLICES[word])),
    );
  if (hosts !== undefined) return Object.fromEntries(Object.entries(hosts).map(([host, words]) => [host, of(words)]));
  if (endpointSlices === undefined) return of(services ?? []);
  return hostHealth(policy, [serviceHealth(endpointSlices.map((slice) => ({ ready: slice.readyEndpoints })))]);
}
