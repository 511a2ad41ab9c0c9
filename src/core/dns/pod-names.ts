/** Names of single pods (headless Services, StatefulSets) and of the Multi-Cluster Services API. */
import { compareText } from "../match-route.ts";
import { addressSets } from "./answer.ts";
import { plainSet, type RecordSet } from "./records.ts";

/** A ready pod that has a host name of its own, or null for one that only counts for the Service's name. */
export interface PodAddress {
  readonly cluster: string;
  readonly hostname: string | null;
  readonly addresses: readonly string[];
}

export interface ServicePortName {
  readonly name: string;
  /** `TCP`, `UDP` or `SCTP`. */
  readonly protocol: string;
  readonly port: number;
}

/** Domain of the Multi-Cluster Services API; it exists inside clusters only, so it belongs in private zones. */
export const CLUSTERSET_DOMAIN = "clusterset.local";

/** `<service>.<namespace>.svc.clusterset.local` */
export function clustersetName(service: string, namespace: string): string {
  return `${service}.${namespace}.svc.${CLUSTERSET_DOMAIN}`;
}

/** `<hostname>.<cluster>.<base>`: one pod of a headless Service, under a clusterset or a federated name. */
export function podName(base: string, cluster: string, hostname: string): string {
  return `${hostname}.${cluster}.${base}`;
}

/** Sets of a headless Service: all pods at its name, each pod with a host name at its own, and SRV for each port. */
export function headlessSets(
  base: string,
  pods: readonly PodAddress[],
  ports: readonly ServicePortName[],
  ttlSeconds: number,
): readonly RecordSet[] {
  const all = [...new Set(pods.flatMap((pod) => pod.addresses))].sort(compareText);
  const named = new Map<string, Set<string>>();
  for (const { cluster, hostname, addresses } of pods) {
    if (hostname === null) continue;
    const name = podName(base, cluster, hostname);
    named.set(name, new Set([...(named.get(name) ?? []), ...addresses]));
  }
  const names = [...named.keys()].sort(compareText);
  return [
    ...addressSets(base, all, ttlSeconds),
    ...names.flatMap((name) => addressSets(name, [...(named.get(name) ?? [])], ttlSeconds)),
    ...srvSets(base, names, ports, ttlSeconds),
  ];
}

/** SRV sets of named ports, each leading to all targets. */
export function srvSets(
  base: string,
  targets: readonly string[],
  ports: readonly ServicePortName[],
  ttlSeconds: number,
): readonly RecordSet[] {
  if (targets.length === 0) return [];
  const byName = Map.groupBy(ports, ({ name, protocol }) => `_${name}._${protocol.toLowerCase()}.${base}`);
  return [...byName].map(([name, list]) => {
    const values = list.flatMap(({ port }) => targets.map((target) => `0 100 ${port} ${target}`));
    return plainSet(name, "SRV", values, ttlSeconds);
  });
}
