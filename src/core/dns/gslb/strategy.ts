/**
 * k8gb's strategies, as one member of a group of clusters sees them: every member publishes its own addresses while it
 * is healthy, and asks every peer for theirs.
 *
 * | strategy            | this cluster              | published                                             |
 * |---------------------|---------------------------|-------------------------------------------------------|
 * | roundRobin, geoip   | any                       | own and those of the peers                            |
 * | failover            | primary, healthy          | own                                                   |
 * | failover            | primary, unhealthy        | those of all peers                                    |
 * | failover            | other, sees the primary's | those of the primary                                  |
 * | failover            | other, does not           | own and those of the peers                            |
 *
 * Own addresses count only while the host is healthy here; no address at all means no record. Portolan's own name
 * server does not decide by what one member sees (`steering.ts` says what it makes of a strategy).
 */
import { compareText } from "../../match-route.ts";

export const GSLB_STRATEGIES = ["roundRobin", "failover", "geoip"] as const;
export type GslbStrategy = (typeof GSLB_STRATEGIES)[number];

export interface GslbView {
  readonly strategy: GslbStrategy;
  /** The member whose view this is. */
  readonly cluster: string;
  /** Geo tag of the member that failover prefers; null without one. */
  readonly primaryGeoTag: string | null;
  /** Own addresses while the host is healthy here, otherwise none. */
  readonly own: readonly string[];
  /** What each peer that could be asked publishes. A peer that did not answer is absent. */
  readonly peers: ReadonlyMap<string, readonly string[]>;
}

/** Addresses that a member publishes for a host, sorted, each once; none for no record. */
export function gslbTargets({ strategy, cluster, primaryGeoTag, own, peers }: GslbView): readonly string[] {
  const external = [...peers.values()].flat();
  if (strategy !== "failover") return sorted([...own, ...external]);
  if (cluster === primaryGeoTag) return sorted(own.length > 0 ? own : external);
  const primary = primaryGeoTag === null ? [] : (peers.get(primaryGeoTag) ?? []);
  return sorted(primary.length > 0 ? primary : [...own, ...external]);
}

function sorted(addresses: readonly string[]): readonly string[] {
  return [...new Set(addresses)].sort(compareText);
}
