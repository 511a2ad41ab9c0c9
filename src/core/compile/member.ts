import { type Cidr, parseCidrs } from "../address/cidr.ts";
import type { ClusterObject, NodeObject } from "../objects.ts";

/** One member cluster, as far as a Service of it needs to know. */
export interface Member {
  readonly cluster: ClusterObject;
  readonly name: string;
  /** Its place among the members, which are sorted by name. */
  readonly order: number;
  /** Its `originCIDRs`, read. */
  readonly cidrs: readonly Cidr[];
  /** Those of its nodes that take traffic from outside; another list once they are others. */
  nodes: readonly NodeObject[];
}

export function member(cluster: ClusterObject, order: number): Member {
  return { cluster, name: cluster.meta.name, order, cidrs: parseCidrs(cluster.originCidrs).cidrs, nodes: [] };
}
