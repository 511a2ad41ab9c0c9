/**
 * Why names of pods and of exported Services are no longer asked for; the rest is in `asked.ts`.
 *
 * | the name                          | explained when                                                               |
 * |-----------------------------------|------------------------------------------------------------------------------|
 * | of the Service                    | in each cluster: Service or export seen deleted, the Service is of another kind, the cluster unjoined |
 * | of one pod                        | the same for its cluster; or its Service is there and its slices lack the pod |
 * | of a port (`_sql._tcp.…`)         | the same as for the Service; or the Service is there in some cluster          |
 */
import type { Observation, ServiceObject } from "../objects.ts";
import { objectKey } from "../objects.ts";
import type { AskedMember, AskedWorld } from "./asked-memory.ts";
import { globalName } from "./federated-service.ts";
import { membersIn, slicesOf } from "./observed-pods.ts";
import { FEDERATED_ANNOTATION, keyOf } from "./observed-services.ts";
import { clustersetName } from "./pod-names.ts";

type Member = Pick<AskedMember, "service" | "cluster" | "region" | "zones" | "use">;

/** Services with names of pods, in each cluster. */
export function podMembersNow({ clusters }: Pick<AskedWorld, "clusters">): readonly Member[] {
  return clusters.flatMap((observation) =>
    (["pods", "export"] as const).flatMap((use) =>
      membersIn(observation, use).map(
        ({ service }): Member => ({
          service: keyOf(service),
          cluster: observation.cluster ?? "",
          region: null,
          zones: [],
          use,
        }),
      ),
    ),
  );
}

/** Whether somebody was seen taking its reason away, in a cluster that is still there. */
export function isPodMemberGone(member: Member, { clusters }: Pick<AskedWorld, "clusters">): boolean {
  const observation = observed(member.cluster, clusters);
  if (observation === undefined) return false;
  const [namespace = "", name = ""] = member.service.split("/");
  const found = serviceIn(observation, member.service);
  if (found === undefined) return observation.deleted.has(objectKey("Service", namespace, name));
  if (member.use === "pods") return !found.headless || found.meta.annotations[FEDERATED_ANNOTATION] !== "true";
  return found.type === "ExternalName" || observation.deleted.has(objectKey("ServiceExport", namespace, name));
}

/** Whether the removal of a name of this resource is explained; null for a resource of another kind. */
export function isPodNameExplained(
  resource: string,
  name: string,
  { members, clusters, federation }: PodExplanation,
): boolean | null {
  const [kind = "", namespace = "", object = ""] = resource.split("/");
  if (kind !== "pods" && kind !== "serviceexport") return null;
  const use = kind === "pods" ? "pods" : "export";
  const service = `${namespace}/${object}`;
  const of = { service: object, namespace, federation: federation?.name ?? "", suffix: federation?.suffix ?? "" };
  const base = use === "export" ? clustersetName(object, namespace) : globalName(of);
  const behind = members.filter((one) => one.use === use && one.service === service);
  const isGone = (list: readonly AskedMember[]): boolean => list.length > 0 && list.every((one) => one.isGone);
  if (name === base || !name.endsWith(`.${base}`)) return isGone(behind);
  const front = name.slice(0, -base.length - 1);
  const isThere = (cluster: string): boolean => {
    const observation = observed(cluster, clusters);
    return observation !== undefined && serviceIn(observation, service) !== undefined;
  };
  if (front.startsWith("_")) return isGone(behind) || behind.some((one) => !one.isGone && isThere(one.cluster));
  const cluster = front.slice(front.indexOf(".") + 1);
  const own = behind.filter((one) => one.cluster === cluster);
  return isGone(own) || isPodGone(cluster, service, front.slice(0, front.indexOf(".")), clusters);
}

export interface PodExplanation {
  readonly members: readonly AskedMember[];
  readonly clusters: readonly Observation[];
  readonly federation: { readonly name: string; readonly suffix: string } | null;
}

/** The Service is there and its slices are, and none of them has the pod ready. */
function isPodGone(cluster: string, service: string, hostname: string, clusters: readonly Observation[]): boolean {
  const observation = observed(cluster, clusters);
  const found = observation === undefined ? undefined : serviceIn(observation, service);
  if (observation === undefined || found === undefined || !observation.reachable) return false;
  const slices = slicesOf(observation, found);
  const has = slices.some((slice) => slice.endpoints.some((one) => one.ready && one.hostname === hostname));
  return slices.length > 0 && !has;
}

function observed(cluster: string, clusters: readonly Observation[]): Observation | undefined {
  return clusters.find((one) => one.cluster === cluster);
}

function serviceIn({ objects }: Observation, service: string): ServiceObject | undefined {
  return objects.services.find((one) => keyOf(one) === service);
}
