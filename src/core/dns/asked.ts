/**
 * Why a name is no longer asked for (DESIGN.md rule 4). A removal is explained when somebody was seen taking the reason
 * away; a reason that is merely missing (a store that was wiped, a file half read, a balancer whose address is gone for
 * a moment) explains nothing.
 *
 * | the name was asked for by | explained when                                                                        |
 * |---------------------------|----------------------------------------------------------------------------------------|
 * | a host of the snapshot    | a judged snapshot held it and today's does not: control has withheld what nobody explained |
 * | an Ingress                | its deletion was seen, or it is there without the host                                  |
 * | a Service in clusters     | in each of them: deletion seen, no longer of type LoadBalancer, no longer routed to by a judged snapshot, the cluster unjoined or moved |
 * | a cluster's gateway       | the cluster was unjoined, or is there without a gateway                                 |
 * | pods, an exported Service | `asked-pods.ts`                                                                         |
 * | a name that only helps another (`portolan-…`) | always: whoever points there is judged instead                    |
 * | an edge's platform, as proof of a host | always: the platform stopped asking                                      |
 *
 * What was asked for is remembered in the store, so that a restart between the deletion and its DNS loses nothing.
 */
import { compareText } from "../match-route.ts";
import { PROOF } from "../hosts/host-status.ts";
import type { Cluster } from "../model.ts";
import { objectKey, type ServiceObject } from "../objects.ts";
import type { AskedMember, AskedMemory, AskedWorld } from "./asked-memory.ts";
import { isPodMemberGone, isPodNameExplained, podMembersNow } from "./asked-pods.ts";
import { namesOfCluster } from "./federated-service.ts";
import { isFederated, keyOf, routedServices } from "./observed-services.ts";

/** Seen again within so long changes nothing, so that the memory is not written all the time. */
const FRESH_MS = 3_600_000;
/** Records outlive neither their zone's memory nor this. */
const KEPT_MS = 30 * 86_400_000;

/** The world with what is asked of it again and again. */
interface Look extends AskedWorld {
  readonly routed: ReadonlySet<string>;
  readonly places: ReadonlyMap<string, Cluster>;
  readonly joined: ReadonlySet<string>;
  /** Services by `cluster|namespace/name`. */
  readonly services: ReadonlyMap<string, ServiceObject>;
}

function lookAt(world: AskedWorld): Look {
  const services = world.clusters.flatMap(({ cluster, objects }) =>
    objects.services.map((one): [string, ServiceObject] => [`${cluster ?? ""}|${keyOf(one)}`, one]),
  );
  return {
    ...world,
    routed: routedServices(world.snapshot),
    places: new Map(world.snapshot.clusters.map((one) => [one.name, one])),
    joined: new Set(world.config.objects.clusters.map((one) => one.meta.name)),
    services: new Map(services),
  };
}

/** The memory after one more look. */
export function rememberAsked(memory: AskedMemory, asked: AskedWorld): AskedMemory {
  const world = lookAt(asked);
  const seen = (before: { readonly seenMs: number } | undefined): number =>
    before !== undefined && world.nowMs - before.seenMs < FRESH_MS ? before.seenMs : world.nowMs;
  const hosts = new Map(kept(memory.hosts, world).map((one) => [one.host, one]));
  for (const { host } of world.snapshot.hosts) hosts.set(host, { host, seenMs: seen(hosts.get(host)) });
  const members = new Map(
    kept(memory.members, world).map((one) => [
      memberKey(one),
      { ...one, isGone: one.isGone || isMemberGone(one, world) },
    ]),
  );
  for (const member of membersNow(world)) {
    const key = memberKey(member);
    members.set(key, { ...member, seenMs: seen(members.get(key)) });
  }
  const clusters = new Map(
    kept(memory.clusters, world).map((one) => [
      one.cluster,
      { ...one, isGone: one.isGone || isUnjoined(one.cluster, world) },
    ]),
  );
  for (const { name } of world.snapshot.clusters) {
    clusters.set(name, { cluster: name, seenMs: seen(clusters.get(name)), isGone: false });
  }
  return { format: 1, hosts: sorted(hosts), members: sorted(members), clusters: sorted(clusters) };
}

function kept<T extends { readonly seenMs: number }>(list: readonly T[], { nowMs }: AskedWorld): readonly T[] {
  return list.filter((one) => nowMs - one.seenMs < KEPT_MS);
}

function sorted<T>(byKey: ReadonlyMap<string, T>): readonly T[] {
  return [...byKey].sort(([a], [b]) => compareText(a, b)).map(([, one]) => one);
}

/** Answers `PlanInput.isExplained`. */
export function explanation(
  memory: AskedMemory,
  world: AskedWorld,
  federation: { readonly name: string; readonly suffix: string } | null,
): (resource: string, name: string) => boolean {
  const hosts = new Set(memory.hosts.map((one) => one.host));
  const served = new Set(world.snapshot.hosts.map((one) => one.host));
  const addressed = memory.members.filter((one) => one.use === "addresses");
  const members = Map.groupBy(addressed, (one) => one.service);
  return (resource, name) => {
    if (isHelper(name)) return true;
    const [kind = "", namespace = "", object = ""] = resource.split("/");
    const ofPods = isPodNameExplained(resource, name, {
      members: memory.members,
      clusters: world.clusters,
      federation,
    });
    if (ofPods !== null) return ofPods;
    if (kind === PROOF) return true;
    if (kind === "cluster") return isGatewayGone(memory, world, namespace, name);
    if (kind === "service") {
      const { name: federated, suffix } = federation ?? { name: "", suffix: "" };
      const whose = { service: object, namespace, federation: federated, suffix };
      const behind = (members.get(`${namespace}/${object}`) ?? []).filter((one) =>
        namesOfCluster(whose, one).includes(name),
      );
      return behind.length > 0 && behind.every((one) => one.isGone);
    }
    if (served.has(name)) return false;
    return (world.isJudged && hosts.has(name)) || (kind === "ingress" && isIngressGone(world, namespace, object, name));
  };
}

function isHelper(name: string): boolean {
  return name.startsWith("portolan-edge-") || name.startsWith("portolan-addresses.");
}

function memberKey({ service, cluster, use, region, zones }: Omit<AskedMember, "seenMs" | "isGone">): string {
  return [service, cluster, use, region ?? "", ...zones].join("\t");
}

/** Federated Services of type LoadBalancer, and those of the snapshot, in each cluster at its place. */
function membersNow(world: Look): readonly Omit<AskedMember, "seenMs">[] {
  const members = new Map<string, Omit<AskedMember, "seenMs">>();
  const add = (service: string, cluster: string): void => {
    const place = placeOf(cluster, world);
    if (place === null) return;
    const member = { service, cluster, use: "addresses" as const, ...place };
    members.set(memberKey(member), { ...member, isGone: isEdited(member, world) });
  };
  for (const { cluster, objects } of world.clusters) {
    for (const service of objects.services) {
      if (service.type === "LoadBalancer" && isFederated(service, world.routed)) add(keyOf(service), cluster ?? "");
    }
  }
  for (const { service, backends } of world.snapshot.hosts.flatMap((host) => host.services)) {
    for (const { cluster } of backends) add(service.slice(0, service.lastIndexOf("/")), cluster);
  }
  const pods = podMembersNow(world).map((one) => ({ ...one, isGone: isPodMemberGone(one, world) }));
  return [...members.values(), ...pods];
}

function placeOf(cluster: string, { places }: Look): Pick<AskedMember, "region" | "zones"> | null {
  const place = places.get(cluster);
  if (place === undefined) return null;
  return { region: place.region, zones: place.zone === null ? [] : [place.zone] };
}

function isMemberGone(member: AskedMember, world: Look): boolean {
  if (isUnjoined(member.cluster, world)) return true;
  if (!world.joined.has(member.cluster)) return false;
  if (member.use !== "addresses") return isPodMemberGone(member, world);
  const place = placeOf(member.cluster, world);
  if (place !== null && memberKey({ ...member, ...place }) !== memberKey(member)) return true;
  return isEdited(member, world) || isSeenDeleted(member, world);
}

/** The Service is there and wants no address for everybody any more, or nobody routes to it. */
function isEdited({ service, cluster }: Pick<AskedMember, "service" | "cluster">, world: Look): boolean {
  const found = world.services.get(`${cluster}|${service}`);
  if (found === undefined) return false;
  return found.type !== "LoadBalancer" || (world.isJudged && !isFederated(found, world.routed));
}

function isSeenDeleted({ service, cluster }: AskedMember, world: AskedWorld): boolean {
  const observation = world.clusters.find((one) => one.cluster === cluster);
  const [namespace = "", name = ""] = service.split("/");
  return observation?.deleted.has(objectKey("Service", namespace, name)) ?? false;
}

function isUnjoined(cluster: string, { config, joined }: Pick<Look, "config" | "joined">): boolean {
  return !joined.has(cluster) && config.deleted.has(objectKey("Cluster", "", cluster));
}

function isGatewayGone(memory: AskedMemory, world: AskedWorld, cluster: string, name: string): boolean {
  const object = world.config.objects.clusters.find((one) => one.meta.name === cluster);
  if (object !== undefined) return object.gateway === null || object.gateway.connectHost === name;
  return memory.clusters.some((one) => one.cluster === cluster && one.isGone);
}

function isIngressGone({ config, clusters }: AskedWorld, namespace: string, object: string, host: string): boolean {
  return [config, ...clusters].some(({ deleted, objects }) => {
    const found = objects.ingresses.find(({ meta }) => meta.namespace === namespace && meta.name === object);
    if (found !== undefined) return !found.rules.some((rule) => rule.host === host);
    return deleted.has(objectKey("Ingress", namespace, object));
  });
}
