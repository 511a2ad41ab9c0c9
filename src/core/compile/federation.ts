/**
 * What is kept from one compile to the next: of each source what it declares, of each Service who has it, of each host
 * what came out. A change of an object is followed from the object to the hosts that it touches; everything else is
 * looked at once and taken over. It holds for one set of member clusters: when a Cluster changes all is made anew.
 */
import { compareText } from "../match-route.ts";
import type { HostRoutes, ServiceKey, Snapshot } from "../model.ts";
import type { BackendCounts } from "../health/model.ts";
import type { KubeObjects, Observation, Problem, TrafficPolicyObject } from "../objects.ts";
import type { AdoptedService } from "./adopted.ts";
import type { Declaration } from "./declaration.ts";
import { difference, isSameList } from "../difference.ts";
import { endpointProblems } from "./endpoint-problems.ts";
import { type CompiledHost, compileHost, type HostWorld, isCurrent } from "./host-routes.ts";
import type { Member } from "./member.ts";
import { hostOwners, type OwnershipResult } from "./ownership.ts";
import { readyCounts } from "./ready-counts.ts";
import { type ServiceSlot, serviceSlots } from "./service-slots.ts";
import { type Collected, servicePorts } from "./services.ts";
import { type Source, source, type Touched } from "./source.ts";

export interface FederationInput {
  /** The config source, then the members in their order. */
  readonly observations: readonly Observation[];
  /** Sorted. */
  readonly policies: readonly TrafficPolicyObject[];
  readonly previous: Snapshot | null;
  readonly nowMs: number;
}

export interface FederationResult extends Pick<OwnershipResult, "reservations"> {
  readonly hosts: readonly HostRoutes[];
  readonly counts: BackendCounts;
  /** Of objects, of hosts that belong to others, and of hosts, each sorted. */
  readonly problems: {
    readonly objects: readonly Problem[];
    readonly owners: readonly Problem[];
    readonly hosts: readonly Problem[];
  };
}

type ServingObjects = Pick<KubeObjects, "services" | "endpointSlices" | "nodes">;

const NOTHING: ServingObjects = { services: [], endpointSlices: [], nodes: [] };

/** Compiles what the sources say now; gives what a new one would give, byte for byte. */
export function federation(
  members: readonly Member[],
  allowPrivateOrigins: boolean,
): (input: FederationInput) => FederationResult {
  const sources = [null, ...members].map((one) => source(one?.name ?? null));
  const sites = members.map((one) => ({
    member: one,
    problems: endpointProblems(one.name, allowPrivateOrigins),
    objects: NOTHING,
  }));
  const slots = serviceSlots();
  const adopted = new Map<ServiceKey, Map<Member, AdoptedService>>();
  const ports = servicePorts(slots, adopted, allowPrivateOrigins);
  const owners = hostOwners();
  const declarations = new Map<string, readonly Declaration[]>();
  const compiled = new Map<string, CompiledHost>();
  const uses = new Map<ServiceKey, number>();
  const counts = readyCounts();
  let names: readonly string[] = [];
  let world: HostWorld = { ports, members: members.length, policies: [], fallbacks: [] };

  /** Takes in the Ingresses. Returns the hosts that are touched. */
  function takeRules(observations: readonly Observation[], adopting: Set<ServiceKey>): ReadonlySet<string> {
    const hosts = new Set<string>();
    for (const [index, observation] of observations.entries()) {
      const touched: Touched = { hosts, adopted: new Map() };
      sources[index]?.update(observation, touched);
      const member = members[index - 1];
      if (member === undefined) continue;
      for (const [key, one] of touched.adopted) {
        adopt(adopted, key, member, one);
        adopting.add(key);
      }
    }
    return hosts;
  }

  /** Takes in what the rules lead to, member by member. */
  function takeServices(observations: readonly Observation[], changed: ServiceSlot[]): void {
    for (const [index, site] of sites.entries()) {
      const { member, objects: before } = site;
      const now = observations[index + 1]?.objects ?? NOTHING;
      site.objects = now;
      const services = difference(before.services, now.services);
      const slices = difference(before.endpointSlices, now.endpointSlices);
      slots.update(member, services, slices, changed);
      if (!isSameList(before.nodes, now.nodes)) {
        member.nodes = now.nodes.filter((one) => one.isReady && one.external.length > 0);
        slots.touchNodePorts(member, changed);
      }
      site.problems.update(slices);
      ports.take(member);
    }
  }

  /** What is wrong with the Ingresses of a source, then with its endpoints. */
  function problemsOf(rules: Source, index: number): readonly Problem[] {
    const site = sites[index - 1];
    return site === undefined
      ? rules.problems()
      : [...rules.problems(), ...site.problems.of(site.objects.endpointSlices)];
  }

  function declare(hosts: ReadonlySet<string>): void {
    const declaring = sources.filter((one) => one.declarations.size > 0);
    let isSameNames = true;
    for (const host of hosts) {
      const own = declaring.flatMap((one) => one.declarations.get(host) ?? []);
      isSameNames &&= declarations.has(host) === own.length > 0;
      if (own.length === 0) declarations.delete(host);
      else declarations.set(host, own);
    }
    if (!isSameNames) names = [...declarations.keys()].sort(compareText);
  }

  function use(collected: readonly Collected[]): void {
    for (const one of collected) {
      const { service } = one.service;
      const users = uses.get(service) ?? 0;
      uses.set(service, users + 1);
      if (users === 0) counts.set(service, one);
    }
  }

  function release({ collected }: CompiledHost): void {
    for (const { service } of collected) {
      const users = uses.get(service.service) ?? 0;
      uses.set(service.service, users - 1);
      if (users > 1) continue;
      uses.delete(service.service);
      counts.drop(service.service);
      ports.drop(service.service);
    }
  }

  return ({ observations, policies, previous, nowMs }) => {
    const adopting = new Set<ServiceKey>();
    const touched = takeRules(observations, adopting);
    declare(touched);
    const claims = observations[0]?.objects.hostClaims ?? [];
    const owned = owners({ declarations, names, claims, previous, nowMs });
    ports.ask(servicesOf(touched, owned.hosts));
    const changed: ServiceSlot[] = [];
    takeServices(observations, changed);
    for (const key of ports.renew(changed, adopting)) counts.set(key, ports.get(key));
    const fallbacks = (owned.hosts.get("*")?.declarations ?? []).filter((one) => one.pathType === null);
    world = {
      ...world,
      policies: isSameList(world.policies, policies) ? world.policies : policies,
      fallbacks: isSameList(world.fallbacks, fallbacks) ? world.fallbacks : fallbacks,
    };
    const hosts: HostRoutes[] = [];
    const hostProblems: Problem[] = [];
    for (const host of names) {
      const own = owned.hosts.get(host);
      if (own === undefined) continue;
      const before = compiled.get(host);
      const now = before !== undefined && isCurrent(before, own, world) ? before : compileHost(host, own, world);
      hosts.push(now.entry);
      for (const problem of now.problems) hostProblems.push(problem);
      if (now === before) continue;
      compiled.set(host, now);
      // What both use must not be forgotten in between.
      use(now.collected);
      if (before !== undefined) release(before);
    }
    for (const [host, gone] of compiled.size > hosts.length ? compiled : []) {
      if (owned.hosts.has(host)) continue;
      compiled.delete(host);
      release(gone);
    }
    const objects = [...observations.flatMap((one) => one.problems), ...sources.flatMap(problemsOf)];
    const problems = { objects, owners: owned.problems, hosts: hostProblems };
    return { hosts, reservations: owned.reservations, counts: counts.packed(), problems };
  };
}

/** Service ports that the rules for some hosts name. */
function servicesOf(names: ReadonlySet<string>, hosts: OwnershipResult["hosts"]): ReadonlySet<ServiceKey> {
  const keys = new Set<ServiceKey>();
  for (const name of names) {
    for (const { backends } of hosts.get(name)?.declarations ?? []) for (const one of backends) keys.add(one.service);
  }
  return keys;
}

function adopt(
  adopted: Map<ServiceKey, Map<Member, AdoptedService>>,
  key: ServiceKey,
  member: Member,
  one: AdoptedService | null,
): void {
  const known = adopted.get(key) ?? new Map<Member, AdoptedService>();
  if (one === null) known.delete(member);
  else known.set(member, one);
  if (known.size === 0) adopted.delete(key);
  else adopted.set(key, known);
}
