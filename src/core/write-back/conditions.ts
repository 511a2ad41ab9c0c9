/** Status of our own objects, as Kubernetes' conditions have it. */
import type { ObjectMeta, Observation, Problem } from "../objects.ts";
import type { ClusterStatus } from "../status.ts";

export interface Condition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  /** CamelCase. */
  readonly reason: string;
  readonly message: string;
}

export interface StatusOf {
  readonly conditions: readonly Condition[];
  /** Of a Cluster; null for other kinds. */
  readonly health: { readonly api: string; readonly data: string; readonly backends: string } | null;
}

export interface ConditionInput {
  readonly problems: readonly Problem[];
  readonly clusters: readonly ClusterStatus[];
  readonly readyCounts: readonly { readonly cluster: string; readonly ready: number; readonly total: number }[];
}

/** For every object of ours in the config source. */
export function ownConditions(
  { objects }: Observation,
  input: ConditionInput,
): readonly { readonly meta: ObjectMeta; readonly status: StatusOf }[] {
  const plain = [...objects.trafficPolicies, ...objects.hostClaims].map(({ meta }) => ({
    meta,
    status: { conditions: [accepted(meta, input.problems)], health: null },
  }));
  const clusters = objects.clusters.map(({ meta }) => ({ meta, status: clusterStatus(meta, input) }));
  return [...clusters, ...plain];
}

function accepted({ kind, name }: ObjectMeta, problems: readonly Problem[]): Condition {
  const own = problems.filter((one) => one.cluster === null && one.object === `${kind} ${name}`);
  const error = own.find(({ severity }) => severity === "error");
  if (error !== undefined) return { type: "Accepted", status: "False", reason: error.reason, message: error.message };
  const [warning] = own;
  return { type: "Accepted", status: "True", reason: "Accepted", message: warning?.message ?? "" };
}

function clusterStatus(meta: ObjectMeta, { problems, clusters, readyCounts }: ConditionInput): StatusOf {
  const known = clusters.find(({ cluster }) => cluster === meta.name);
  const own = readyCounts.filter(({ cluster }) => cluster === meta.name);
  const sum = (field: "ready" | "total") => own.reduce((all, one) => all + one[field], 0);
  const api = known?.api ?? "unknown";
  const data = known?.data ?? "unknown";
  return {
    conditions: [
      accepted(meta, problems),
      {
        type: "APIReachable",
        status: api === "reachable" ? "True" : api === "unreachable" ? "False" : "Unknown",
        reason: api === "reachable" ? "Reachable" : api === "unreachable" ? "Unreachable" : "NotAsked",
        message: withoutTime(known?.apiCause ?? ""),
      },
      {
        type: "Serving",
        status: data === "serving" ? "True" : data === "unknown" ? "Unknown" : "False",
        reason: { serving: "Serving", "not-serving": "NotServing", drained: "Drained", unknown: "NotKnown" }[data],
        message: known?.dataCause ?? "",
      },
    ],
    health: { api, data, backends: `${sum("ready")}/${sum("total")}` },
  };
}

/** A cause that says since when would be another one with every failure. */
function withoutTime(cause: string): string {
  return cause.replace(/ since \d{4}-\d\d-\d\dT[\d:.]+Z/, "");
}
