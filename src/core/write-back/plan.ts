/**
 * What is to be written back into clusters, from what was seen and what is served. Pure; carried out by
 * `kube/write-back.ts`.
 *
 * | object | status | Events |
 * |---|---|---|
 * | direct Ingress, and federated one of a config cluster, with a host that is served | the edges' addresses | its problems |
 * | the same, no longer served, with our addresses | none | its problems |
 * | the same, while a host of it waits for an edge to take it | none yet | what it waits for |
 * | adopted Ingress | never | its problems |
 * | Cluster, TrafficPolicy, HostClaim of a config cluster | conditions; a Cluster's health | never |
 * | everything else | never | never |
 */
import { ownershipOf } from "../compile/ingress.ts";
import type { WaitsFor } from "../hosts/host-status.ts";
import type { Snapshot } from "../model.ts";
import type { IngressObject, LoadBalancerAddress, ObjectMeta, Observation, Problem } from "../objects.ts";
import type { ClusterStatus } from "../status.ts";
import { ownConditions, type StatusOf } from "./conditions.ts";

/** Identity of an object to write to; `cluster` is null for the config cluster. */
export interface Target {
  readonly cluster: string | null;
  readonly kind: string;
  readonly apiVersion: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface StatusWrite extends Target {
  /** `status.loadBalancer.ingress`; empty gives the field up. */
  readonly addresses: readonly LoadBalancerAddress[];
}

export interface EventWrite extends Target {
  readonly type: "Normal" | "Warning";
  /** CamelCase, as Events have it. */
  readonly reason: string;
  readonly note: string;
}

export interface ConditionWrite extends Target {
  readonly status: StatusOf;
}

export interface WriteBackPlan {
  readonly statuses: readonly StatusWrite[];
  readonly events: readonly EventWrite[];
  readonly conditions: readonly ConditionWrite[];
}

export interface WriteBackInput {
  /** The config source first, then the members, as the reconcile saw them. */
  readonly observed: readonly Observation[];
  readonly snapshot: Snapshot;
  readonly problems: readonly Problem[];
  readonly clusters: readonly ClusterStatus[];
  readonly readyCounts: readonly { readonly cluster: string; readonly ready: number; readonly total: number }[];
  /** Where users reach the edges; without any no status is written. */
  readonly edgeAddresses: readonly LoadBalancerAddress[];
  /** What hosts wait for that no edge answers for yet: an address would make others move DNS too early. */
  readonly waitsFor: WaitsFor;
  /** Whether control may write there; null asks for the config source. */
  readonly mayWrite: (cluster: string | null) => boolean;
}

/** Everything that differs from what it should be. Deterministic, and empty once it is carried out. */
export function planWriteBack(input: WriteBackInput): WriteBackPlan {
  const statuses: StatusWrite[] = [];
  const events: EventWrite[] = [];
  const problems = problemsByObject(input.problems);
  // A source that cannot be read now may hold something else by now.
  const writable = input.observed.filter((one) => one.reachable && one.complete && input.mayWrite(one.cluster));
  for (const observation of writable) {
    const served = servedBy(input.snapshot, observation.cluster);
    for (const ingress of observation.objects.ingresses) {
      const handling = ownershipOf(ingress, observation);
      const target = targetOf(ingress.meta, observation.cluster);
      if (handling === "foreign" || target === null) continue;
      const own = problems.get(keyOf(observation.cluster, ingress.meta)) ?? [];
      events.push(...own.map((problem) => eventOf(target, problem)));
      if (handling === "adopted") continue;
      const wanted = served.has(`${target.namespace}/${target.name}`) ? input.edgeAddresses : [];
      const waits = wanted.length > 0 && ingress.rules.some(({ host }) => input.waitsFor(host) !== null);
      // What was written stays: an address that comes and goes moves DNS, too.
      if (waits && ingress.loadBalancer.length === 0) continue;
      if (mustWrite(ingress, wanted, input.edgeAddresses)) statuses.push({ ...target, addresses: wanted });
    }
  }
  const config = writable.find(({ cluster }) => cluster === null);
  const conditions = config === undefined ? [] : ownConditions(config, input).flatMap(withTarget);
  return { statuses, events, conditions };
}

/** Addresses that are not ours are left to whoever wrote them; the API server would refuse us anyway. */
function mustWrite(
  { loadBalancer }: IngressObject,
  wanted: readonly LoadBalancerAddress[],
  ours: readonly LoadBalancerAddress[],
): boolean {
  if (ours.length === 0 || isSame(loadBalancer, wanted)) return false;
  return wanted.length > 0 || isSame(loadBalancer, ours);
}

function isSame(a: readonly LoadBalancerAddress[], b: readonly LoadBalancerAddress[]): boolean {
  return (
    a.length === b.length && a.every((one, index) => one.ip === b[index]?.ip && one.hostname === b[index]?.hostname)
  );
}

/** `namespace/name` of the Ingresses of a source that give a served host its rules. */
function servedBy({ hosts }: Snapshot, cluster: string | null): ReadonlySet<string> {
  const names = hosts.flatMap(({ sources }) =>
    sources.flatMap((one) =>
      one.kind === "Ingress" && one.cluster === cluster ? [`${one.namespace}/${one.name}`] : [],
    ),
  );
  return new Set(names);
}

function problemsByObject(problems: readonly Problem[]): ReadonlyMap<string, readonly Problem[]> {
  const found = new Map<string, Problem[]>();
  for (const problem of problems) {
    const key = `${problem.cluster ?? ""}|${problem.object}`;
    const list = found.get(key);
    if (list === undefined) found.set(key, [problem]);
    else list.push(problem);
  }
  return found;
}

function keyOf(cluster: string | null, { kind, namespace, name }: ObjectMeta): string {
  return `${cluster ?? ""}|${kind} ${namespace === "" ? name : `${namespace}/${name}`}`;
}

/** An object of a file has no uid, and nobody to write to. */
export function targetOf(
  { kind, apiVersion, namespace, name, uid }: ObjectMeta,
  cluster: string | null,
): Target | null {
  return uid === null ? null : { cluster, kind, apiVersion, namespace, name, uid };
}

const MAX_NOTE = 1000;

function eventOf(target: Target, { severity, reason, field, message }: Problem): EventWrite {
  const text = message.startsWith(field) ? message : `${field}: ${message}`;
  const note = text.length > MAX_NOTE ? `${text.slice(0, MAX_NOTE - 1)}…` : text;
  return { ...target, type: severity === "error" ? "Warning" : "Normal", reason, note };
}

function withTarget({
  meta,
  status,
}: {
  readonly meta: ObjectMeta;
  readonly status: StatusOf;
}): readonly ConditionWrite[] {
  const target = targetOf(meta, null);
  return target === null ? [] : [{ ...target, status }];
}
