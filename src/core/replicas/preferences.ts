/** How many replicas of a workload each cluster shall run: the annotation that federation v1 and kubefed read. */
import { integer, nullable, orDefault, parse, type Read, record, truth } from "../snapshot/guard.ts";

export interface ClusterPreference {
  readonly minReplicas: number;
  /** null: no limit. */
  readonly maxReplicas: number | null;
  /** Share of what is left after the minimums. */
  readonly weight: number;
}

export interface ReplicaPreferences {
  /** Move running replicas to where the weights want them. */
  readonly rebalance: boolean;
  /** By cluster; `*` is for every cluster without an own entry, and a cluster with neither gets nothing. */
  readonly clusters: ReadonlyMap<string, ClusterPreference>;
}

/** Annotations by kind of workload. */
export const PREFERENCE_ANNOTATIONS: Readonly<Record<string, string>> = {
  ReplicaSet: "federation.kubernetes.io/replica-set-preferences",
  Deployment: "federation.kubernetes.io/deployment-preferences",
  Job: "federation.kubernetes.io/job-preferences",
};

/** Equal shares for everybody: what holds without an annotation, and with one that cannot be read. */
export const EQUAL_SHARES: ReplicaPreferences = {
  rebalance: false,
  clusters: new Map([["*", { minReplicas: 0, maxReplicas: null, weight: 1 }]]),
};

export type ReadPreferences =
  | { readonly ok: true; readonly preferences: ReplicaPreferences }
  | { readonly ok: false; readonly problem: string };

/** Reads the annotation's value; null, the annotation is not there, gives equal shares. Total on any text. */
export function readPreferences(value: string | null): ReadPreferences {
  if (value === null) return { ok: true, preferences: EQUAL_SHARES };
  const parsed = parse(readAnnotation, value);
  if (!parsed.ok) return { ok: false, problem: parsed.problem };
  return { ok: true, preferences: parsed.value };
}

const orZero = (read: Read<number>): Read<number> => {
  const readOrNull = orDefault(nullable(read), null);
  return (value, at) => readOrNull(value, at) ?? 0;
};

const readCluster: Read<ClusterPreference> = record<ClusterPreference>({
  minReplicas: orZero(integer(0)),
  maxReplicas: orDefault(nullable(integer(0)), null),
  weight: orZero(integer(0)),
});

const readClusters: Read<ReadonlyMap<string, ClusterPreference>> = (value, at) => {
  const clusters = new Map<string, ClusterPreference>();
  // Absent and null are the same to Go, whose reader wrote these annotations.
  if (value === undefined || value === null) return clusters;
  const entries = record<object>({})(value, at) === null ? [] : Object.entries(value);
  for (const [name, one] of entries) clusters.set(name, readCluster(one ?? {}, `${at}.${name}`));
  return clusters;
};

const readAnnotation: Read<ReplicaPreferences> = (value, at) =>
  record<ReplicaPreferences>({
    rebalance: (one, where) => orDefault(nullable(truth), null)(one, where) ?? false,
    clusters: readClusters,
  })(value ?? {}, at);
