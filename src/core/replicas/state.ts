/** What the pods of a workload say about a cluster: how many run there, and how many more it has room for. */

export interface PodCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string | null;
  /** Since its last transition. */
  readonly ageMs: number;
}

export interface PodState {
  readonly phase: string;
  readonly conditions: readonly PodCondition[];
}

export interface WorkloadState {
  readonly specReplicas: number;
  readonly readyReplicas: number;
  /** Read only when not everything is ready; empty otherwise. */
  readonly pods: readonly PodState[];
}

export interface ClusterReplicas {
  readonly current: number;
  /** null: as many as one likes, as far as anybody knows. */
  readonly capacity: number | null;
}

/** A pod that was not scheduled within a minute will not be soon. */
const UNSCHEDULABLE_MS = 60_000;

/** Current replicas and estimated capacity of one cluster. */
export function clusterReplicas({ specReplicas, readyReplicas, pods }: WorkloadState): ClusterReplicas {
  if (readyReplicas === specReplicas) return { current: readyReplicas, capacity: null };
  const current = pods.filter(
    (pod) => pod.phase === "Running" && pod.conditions.some(({ type }) => type === "Ready"),
  ).length;
  const waiting = pods.filter((pod) => pod.phase !== "Running" && pod.conditions.some(isUnschedulable)).length;
  return { current, capacity: waiting === 0 ? null : specReplicas - waiting };
}

function isUnschedulable({ type, status, reason, ageMs }: PodCondition): boolean {
  return type === "PodScheduled" && status === "False" && reason === "Unschedulable" && ageMs > UNSCHEDULABLE_MS;
}
