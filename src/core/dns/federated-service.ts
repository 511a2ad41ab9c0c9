/**
 * DNS of a federated Service, as Kubernetes Cluster Federation defined it: zone, region and global names, each holding
 * the addresses of its clusters, or a CNAME to the next level up while it has none.
 */
import { compareText } from "../match-route.ts";
import type { LoadBalancerAddress } from "../objects.ts";
import { type AnswerOptions, answerFor } from "./answer.ts";
import { plainSet, type RecordSet } from "./records.ts";

/** Whose names: `<service>.<namespace>.<federation>.svc.…<suffix>`. */
export interface FederatedName {
  readonly service: string;
  readonly namespace: string;
  readonly federation: string;
  readonly suffix: string;
}

/** Addresses of a Service in one member cluster; empty while no endpoint there is ready. */
export interface ClusterAddresses {
  readonly cluster: string;
  readonly region: string | null;
  readonly zones: readonly string[];
  readonly addresses: readonly LoadBalancerAddress[];
}

export interface FederatedServiceOptions extends Omit<AnswerOptions, "isApex"> {
  /** `every`: each zone of a cluster has a name (kubefed, and ours). `first`: only the first, as federation v1 did,
   * with the addresses of every cluster that shares any zone with the cluster. */
  readonly zoneNames: "every" | "first";
  /** While no cluster at all has an address: `keep` the last answers (DESIGN.md rule 4), or let the `chain` end nowhere. */
  readonly whenEmpty: "keep" | "chain";
}

export interface FederatedRecords {
  readonly sets: readonly RecordSet[];
  /** Names whose content is not known at the moment and which stay as they are. */
  readonly keep: readonly string[];
  readonly resolve: readonly string[];
  readonly losses: readonly string[];
}

interface Level {
  readonly name: string;
  /** Where the name points while it has no addresses; null for the global name. */
  readonly upper: string | null;
  readonly addresses: readonly LoadBalancerAddress[];
}

/** The name for everyone, wherever they are. */
export function globalName({ service, namespace, federation, suffix }: FederatedName): string {
  return `${service}.${namespace}.${federation}.svc.${withoutDot(suffix)}`;
}

/** The name for clients in a region. */
export function regionName(name: FederatedName, region: string): string {
  return globalName({ ...name, suffix: `${region}.${name.suffix}` });
}

/** The name for clients in a zone of a region. */
export function zoneName(name: FederatedName, zone: string, region: string): string {
  return regionName({ ...name, suffix: `${region}.${name.suffix}` }, zone);
}

/** Record sets of all names of a federated Service. The order of clusters does not matter. */
export function federatedServiceRecords(
  name: FederatedName,
  clusters: readonly ClusterAddresses[],
  options: FederatedServiceOptions,
): FederatedRecords {
  const levels = levelsOf(
    name,
    clusters.toSorted((a, b) => compareText(a.cluster, b.cluster)),
    options.zoneNames,
  );
  if (options.whenEmpty === "keep" && clusters.every((cluster) => cluster.addresses.length === 0)) {
    return { sets: [], keep: levels.map((level) => level.name), resolve: [], losses: [] };
  }
  const records = { sets: [] as RecordSet[], keep: [] as string[], resolve: [] as string[], losses: [] as string[] };
  for (const level of levels) {
    if (level.addresses.length === 0) {
      if (level.upper !== null) records.sets.push(plainSet(level.name, "CNAME", [level.upper], options.ttlSeconds));
      continue;
    }
    const answer = answerFor(level.name, level.addresses, { ...options, isApex: false });
    records.sets.push(...answer.sets);
    records.resolve.push(...answer.resolve);
    records.losses.push(...answer.losses);
    if (answer.keep) records.keep.push(level.name);
  }
  return { ...records, resolve: [...new Set(records.resolve)].sort(compareText) };
}

/** Names that a cluster's clients use, from near to far; a level without a place is left out. */
export function namesOfCluster(
  name: FederatedName,
  { region, zones }: Pick<ClusterAddresses, "region" | "zones">,
): readonly string[] {
  if (region === null) return [globalName(name)];
  return [...zones.map((zone) => zoneName(name, zone, region)), regionName(name, region), globalName(name)];
}

function levelsOf(
  name: FederatedName,
  clusters: readonly ClusterAddresses[],
  zoneNames: FederatedServiceOptions["zoneNames"],
): readonly Level[] {
  const levels = new Map<string, Level>();
  const put = (at: string, upper: string | null, members: readonly ClusterAddresses[]): void => {
    levels.set(at, { name: at, upper, addresses: members.flatMap((member) => member.addresses) });
  };
  for (const { region, zones } of clusters) {
    if (region === null) continue;
    for (const zone of zoneNames === "first" ? zones.slice(0, 1) : zones) {
      const members =
        zoneNames === "first"
          ? clusters.filter((one) => one.zones.some((other) => zones.includes(other)))
          : clusters.filter((one) => one.region === region && one.zones.includes(zone));
      put(zoneName(name, zone, region), regionName(name, region), members);
    }
    const inRegion = clusters.filter((one) => one.region === region);
    put(regionName(name, region), globalName(name), inRegion);
  }
  if (clusters.length > 0) put(globalName(name), null, clusters);
  return [...levels.values()].sort((a, b) => compareText(a.name, b.name));
}

function withoutDot(name: string): string {
  return name.endsWith(".") ? name.slice(0, -1) : name;
}
