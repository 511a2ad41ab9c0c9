/**
 * Observations → snapshot: pure, so that the control function, `portolan explain` and a test get the same one.
 * One bad object never stops the others: what cannot be used is a problem on that object.
 */
import { compareText } from "../match-route.ts";
import type { BackendCounts } from "../health/model.ts";
import type { Snapshot } from "../model.ts";
import type { ClusterObject, Observation, Problem } from "../objects.ts";
import { compileClusters } from "./clusters.ts";
import { federation } from "./federation.ts";
import { member } from "./member.ts";
import { locationOverrides, sortPolicies, unknownClusters } from "./policies.ts";

export interface CompileInput {
  /** The config source: Cluster, TrafficPolicy, HostClaim and federated Ingresses. */
  readonly config: Observation;
  /** Member clusters; one without a Cluster object in the config source is not a member and is left out. */
  readonly clusters: readonly Observation[];
  /** What is served now: hosts keep their owners. */
  readonly previous: Snapshot | null;
  readonly allowPrivateOrigins: boolean;
  readonly nowMs: number;
}

export interface CompileResult {
  /** Hosts that did not change are the same objects as in the result before. */
  readonly snapshot: Snapshot;
  /** Ready counts of every backend that a route uses; not part of the snapshot. */
  readonly counts: BackendCounts;
  readonly problems: readonly Problem[];
}

/** Compiles everything. Deterministic: the order of the sources never matters. */
export function compile(input: CompileInput): CompileResult {
  return compiler()(input);
}

/**
 * A compile that remembers: what it gives is what `compile` gives for the same input, byte for byte, and it looks only
 * at objects that are other ones than the last time. So nobody may change an object that was given to it.
 */
export function compiler(): (input: CompileInput) => CompileResult {
  let kept: Kept | null = null;
  return (input) => {
    const { config, allowPrivateOrigins, previous, nowMs } = input;
    const members = membersOf(input);
    const objects = members.map(({ cluster }) => cluster);
    // What was interrupted half-way is no base for the next.
    const { run } =
      kept !== null && holdsFor(kept, objects, allowPrivateOrigins) ? kept : begin(objects, allowPrivateOrigins);
    kept = null;
    const policies = sortPolicies(config.objects.trafficPolicies);
    const observations = [config, ...members.map(({ observation }) => observation)];
    const { hosts, reservations, counts, problems } = run({ observations, policies, previous, nowMs });
    kept = { objects, allowPrivateOrigins, run };
    const clusters = compileClusters(config.objects.clusters, allowPrivateOrigins);
    const unknown = unknownClusters(
      policies,
      clusters.clusters.map((cluster) => cluster.name),
    );
    return {
      snapshot: { clusters: clusters.clusters, hosts, reservations, locationOverrides: locationOverrides(policies) },
      counts,
      problems: [...clusters.problems, ...problems.objects, ...problems.owners, ...unknown, ...problems.hosts],
    };
  };
}

interface Kept {
  readonly objects: readonly ClusterObject[];
  readonly allowPrivateOrigins: boolean;
  readonly run: ReturnType<typeof federation>;
}

function begin(objects: readonly ClusterObject[], allowPrivateOrigins: boolean): Kept {
  return { objects, allowPrivateOrigins, run: federation(objects.map(member), allowPrivateOrigins) };
}

/** A reader of files has other objects after each change of a file, mostly equal ones. */
function holdsFor(kept: Kept, objects: readonly ClusterObject[], allowPrivateOrigins: boolean): boolean {
  return (
    kept.allowPrivateOrigins === allowPrivateOrigins &&
    kept.objects.length === objects.length &&
    kept.objects.every((one, index) => one === objects[index] || JSON.stringify(one) === JSON.stringify(objects[index]))
  );
}

interface Membership {
  readonly cluster: ClusterObject;
  readonly observation: Observation;
}

/** Sorted by name. */
function membersOf({ config, clusters }: CompileInput): readonly Membership[] {
  const objects = new Map(config.objects.clusters.map((cluster) => [cluster.meta.name, cluster]));
  const members = clusters.flatMap((observation) => {
    const cluster = objects.get(observation.cluster ?? "");
    return cluster === undefined ? [] : [{ cluster, observation }];
  });
  return members.sort((a, b) => compareText(a.cluster.meta.name, b.cluster.meta.name));
}
